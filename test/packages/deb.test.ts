import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { describeWith } from '../peers/support/need.ts';
import { canBoot, Debian } from './debian.ts';
import { succeed } from './launched.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const units = readdirSync('packaging/systemd').filter((name) => name.endsWith('.service'));
const roles = units.map((name) => /^davecast-(\w+)\.service$/.exec(name)![1]!);
/** Where each answers /healthz as it is configured in the package. */
const healthPort: Readonly<Record<string, number>> = { station: 8000, edge: 8000, relay: 8080, encoder: 8500 };
const scratch = mkdtempSync(join(tmpdir(), 'davecast-deb-'));

afterAll(() => rmSync(scratch, { recursive: true }));

/** Builds the package for an architecture. */
function built(arch: string): string {
  return succeed('packaging/deb/build', [arch, inject('bundle'), scratch]).trim();
}

describeWith(['systemd-analyze'], 'the units of systemd', () => {
  it.each(units)('%s is one, and lets little be done', (name) => {
    // It is verified that the program is there, which it is not here.
    const copy = join(scratch, name);
    writeFileSync(copy, readFileSync(join('packaging/systemd', name), 'utf8').replace('/usr/bin/davecast', process.execPath));
    succeed('systemd-analyze', ['verify', '--man=no', copy]);
    // 10 is the exposure of a unit without any restriction; up to 2 is called OK.
    succeed('systemd-analyze', ['security', '--offline=true', '--threshold=20', copy]);
  });

  it('are there for all roles, each with its file of options', () => {
    expect(roles.toSorted()).toEqual(['edge', 'encoder', 'relay', 'station']);
    expect(readdirSync('packaging/etc').toSorted()).toEqual(roles.toSorted());
    for (const role of roles) expect(readFileSync(`packaging/systemd/davecast-${role}.service`, 'utf8')).toContain(`\nEnvironmentFile=/etc/davecast/${role}\nExecStart=/usr/bin/davecast ${role} $DAVECAST_OPTIONS\n`);
  });
});

describeWith(['dpkg-deb', 'lintian'], 'the package of Debian', () => {
  let file = '';

  beforeAll(() => {
    file = built('all');
  });

  it('has nothing that lintian finds wrong', () => {
    expect(basename(file)).toBe(`davecast_${version}_all.deb`);
    // Whoever publishes it names a maintainer who can be reached.
    const out = succeed('lintian', ['--allow-root', '--tag-display-limit', '0', '--suppress-tags', 'bogus-mail-host,bogus-mail-host-in-debian-changelog', '--fail-on', 'error,warning', file]);
    expect(out).toBe('');
  });

  it('is the same when it is built again', () => {
    const before = readFileSync(file);
    expect(readFileSync(built('all')).equals(before)).toBe(true);
  });
});

/** `describe`, for tests that boot a systemd. Where the machine does not allow that, they are skipped and say so. */
function describeBooted(name: string, body: () => void): void {
  if (canBoot()) describeWith(['dpkg-deb', 'mmdebstrap', 'nsenter'], name, body);
  else describe.skip(`${name}: needs root, and a machine that allows a systemd in namespaces of its own`, body);
}

describeBooted('a Debian 12 without Node.js, where the package is installed', () => {
  let debian: Debian;

  /** What /healthz of this role answers. */
  const health = (role: string): string => debian.tell(`exec 3<>/dev/tcp/127.0.0.1/${healthPort[role]} && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && tail -n 1 <&3`).stdout.trim();
  const isActive = (role: string): string => debian.tell(`systemctl is-active davecast-${role}`).stdout.trim();
  const mainPid = (role: string): string => debian.must(`systemctl show -p ExecMainPID --value davecast-${role}`);

  beforeAll(async () => {
    process.env['DEB_COMPRESSION'] = 'none';
    const file = built(process.arch);
    delete process.env['DEB_COMPRESSION'];
    debian = new Debian(join(scratch, 'debian'), 'bookworm', ['libstdc++6']);
    await debian.boot();
    copyFileSync(file, join(debian.root, 'root/davecast.deb'));
    debian.must('dpkg --install /root/davecast.deb');
  });
  afterAll(async () => await debian?.remove());

  it('has the programs, and has started nothing', () => {
    expect(debian.must('davecast --version; daveice --version')).toBe(`davecast ${version}\ndaveice ${version}`);
    expect(debian.must('stat -c "%a %U" /etc/davecast/*').split('\n')).toEqual(['600 root', '600 root', '600 root', '600 root']);
    for (const role of roles) {
      expect(isActive(role)).toBe('inactive');
      expect(debian.tell(`systemctl is-enabled davecast-${role}`).stdout.trim()).toBe('disabled');
    }
  });

  it.each(roles)('runs %s as a user of its own, and again when it has been killed', async (role) => {
    // It serves as soon as that returns.
    debian.must(`systemctl start davecast-${role}`);
    expect(health(role)).toBe('ok');
    const pid = mainPid(role);
    expect(Number(debian.must(`stat -c %u /proc/${pid}`))).toBeGreaterThan(60_000);
    debian.must(`systemctl reload davecast-${role}`);
    debian.must(`kill -KILL ${pid}`);
    await expect.poll(() => health(role), { timeout: 20_000 }).toBe('ok');
    expect(mainPid(role)).not.toBe(pid);
    debian.must(`systemctl stop davecast-${role}`);
    expect(debian.must(`systemctl show -p Result --value davecast-${role}`)).toBe('success');
  });

  it('does not try a wrong command line again and again', async () => {
    debian.must(`echo 'DAVECAST_OPTIONS=--wrong' >/etc/davecast/edge; systemctl start --no-block davecast-edge`);
    await expect.poll(() => isActive('edge')).toBe('failed');
    expect(debian.must('systemctl show -p NRestarts --value davecast-edge')).toBe('0');
    expect(debian.must('journalctl -u davecast-edge -o cat')).toContain('davecast: unknown option --wrong');
  });

  it('leaves nothing behind', async () => {
    debian.must('systemctl start davecast-station');
    debian.must('dpkg --purge davecast');
    expect(isActive('station')).toBe('inactive');
    expect(debian.tell('ls -d /etc/davecast /var/lib/davecast /var/lib/private/davecast /var/log/davecast /usr/share/doc/davecast').stdout).toBe('');
  });
});
