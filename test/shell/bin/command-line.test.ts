import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EdgeConfig } from '../../../shell/edge/config.ts';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import { settingNames, settingTable, type Role, type Settings } from '../../../core/config/settings.ts';
import { readDavecast, readDaveice } from '../../../shell/bin/command-line.ts';
import { configOf, readGiven } from '../../../shell/cli/config/config.ts';
import { commands, optionsOfAll } from '../../../shell/bin/commands/commands.ts';
import { policiesOf } from '../../../shell/cli/mounts/mount-policies.ts';
import { manual } from '../../../shell/bin/manual.ts';
import { davecast, daveice } from '../../../shell/bin/main.ts';
import { version } from '../../../shell/process/version.ts';

interface Printed {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function print(program: typeof davecast, line: string | readonly string[]): Promise<Printed> {
  let out = '';
  let err = '';
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const status = await program(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { status, out, err };
}

const manyTargets = Array.from({ length: 257 }, (_, index) => `--to host:${index + 1}`).join(' ');

describe('davecast refuses', () => {
  it.each([
    ['', /command is missing/],
    ['foo', /unknown command "foo"/],
    ['-x', /unknown option -x/],
    ['relay', /--in is missing/],
    ['relay --in 9001', /--out is missing/],
    ['relay --in 9001 --out', /--out needs a value: PORT/],
    ['relay --in --out 8001', /--in needs a value: PORT/],
    ['relay --in 9001 --out 8001 extra', /unexpected argument "extra"/],
    ['relay --in 9001 --in 9002 --out 8001', /--in is given twice/],
    ['relay --in 90x1 --out 8001', /--in must be a port/],
    ['relay --in 65536 --out 8001', /--in must be a port/],
    ['relay --in 9001 --out 8001 --http x', /--http must be a port/],
    ['relay --in 9001 --out 8001 --metrics-allow 10.0.0.0/33', /--metrics-allow must be a range of addresses such as 192\.0\.2\.0\/24/],
    ['edge --http 8000 --relay a:1 --metrics-allow prometheus', /--metrics-allow must be a range of addresses/],
    ['encoder --mount m --to a:1 --stdin --http x', /--http must be a port/],
    ['-r 9001 8001 --http x', /--http must be a port/],
    ['relay --in 1 --out 2 --upstream host', /--upstream must be HOST:PORT/],
    ['relay --in 1 --out 2 --upstream host@3', /--upstream must be HOST:PORT/],
    ['relay --in 1 --out 2 --multicast 10.0.0.1@3', /--multicast must be GROUP@PORT/],
    ['relay --in 1 --out 2 --multicast 239.0.0.1:3', /--multicast must be GROUP@PORT/],
    ['relay --in 1 --out 2 --http 3 --trusted-proxy proxy', /--trusted-proxy must be a range of addresses such as 192.0.2.0\/24 or 2001:db8::\/32, not "proxy"/],
    ['relay --in 1 --out 2 --http 3 --ready-check relays', /--ready-check must be one of upstreams, none, not "relays"/],
    ['8000 a:1 --ready-check none --ready-check mounts', /--ready-check none excludes all others/],
    ['edge --http 1 --relay a:1 --hls-dir d', /--hls-dir needs --hls/],
    ['8000 a:1 --hls-group a=b,c', /--hls-group needs --hls/],
    ['station --http 1 --hls-segment-ms 2000', /--hls-segment-ms needs --hls/],
    ['station --http 1 --hls --hls-segment-ms 0', /--hls-segment-ms must be 1000 to 10000 with --hls, not 0/],
    ['edge --http 1 --relay a:1 --hls-window-ms 60000', /--hls-window-ms needs --hls/],
    ['8000 a:1 --hls-bytes 2000000', /--hls-bytes needs --hls/],
    ['station --http 1 --hls --hls-file-bytes 2000000', /--hls-file-bytes needs --hls-dir/],
    ['station --http 1 --hls --hls-segment-ms 500', /hlsSegmentMs \(500\) must be 0 or at least 1000/],
    ['station --http 1 --hls --hls-part-ms 500', /hlsPartMs \(500\) must be 0 or at least 1000/],
    ['edge --http 1 --relay a:1 --hls --hls-part-ms 1700', /hlsSegmentMs \(6000\) must be a multiple of hlsPartMs \(1700\)/],
    ['edge --http 1 --relay a:1 --hls --hls-segment-ms 1000 --hls-part-ms 1000', /hlsSegmentMs \(1000\) must be a multiple of hlsPartMs \(1000\)/],
    ['8000 a:1 --hls-part-ms 1000', /--hls-part-ms needs --hls/],
    ['station --http 1 --hls --hls-dir=', /--hls-dir must not be empty/],
    ['station --http 1 --hls --hls-group b,c', /--hls-group must be NAME=MOUNT,MOUNT, not "b,c"/],
    ['station --http 1 --hls --hls-group a=b,,c', /--hls-group: a mountpoint needs a name/],
    ['station --http 1 --hls --hls-group a=b,b', /--hls-group has a mountpoint twice: "a=b,b"/],
    ['station --http 1 --hls --hls-group a=b --hls-group a=c', /--hls-group a is given twice/],
    ['station --http 1 --hls --hls-group admin/x=b', /--hls-group: names that begin with admin\/ are reserved/],
    ['relay --in 1 --out 2 --hls', /unknown option --hls/],
    ['relay --in 1 --out 2 --bind nowhere', /--bind must be an address/],
    ['relay --in 1 --out 2 --unknown 3', /unknown option --unknown/],
    ['relay --in 1 --out 2 --log-level loud', /--log-level must be one of/],
    ['relay --in 1 --out 2 --stall-min-ms 500', /unknown option --stall-min-ms/],
    ['relay --in 1 --out 2 --history-ms 10', /--history-ms must be a whole number of ms/],
    ['relay --in 1 --out 2 --history-ms 1e4', /--history-ms must be a whole number of ms/],
    ['relay --in 1 --out 2 --config /no/such/file', /cannot read \/no\/such\/file: no such file or directory \(ENOENT\)/],
    ['relay --in 1 --out 2 --config /', /cannot read \/: it is a directory \(EISDIR\)/],
    ['relay --in 1 --out 2 --help=x', /--help takes no value/],
    ['relay --in 1 --out 2 --https 3', /--https needs --tls-cert and --tls-key/],
    ['relay --in 1 --out 2 --tls-key k', /--tls-key needs --https/],
    ['-r 9001 8001 --https x --tls-cert c --tls-key k', /--https must be a port/],
    ['edge --http 1 --relay a:1 --https 2 --tls-cert c', /--tls-cert is given once, --tls-key 0 times: each certificate needs its key/],
    ['8000 a:1 --https 2 --tls-cert c --tls-cert d --tls-key k', /--tls-cert is given 2 times, --tls-key once/],
    ['encoder --mount m --to a:1 --stdin --https 2 --tls-cert c --tls-key k', /--https needs --listen/],
    ['-r', /INBOUND is missing/],
    ['-r 9001', /OUTBOUND is missing/],
    ['-r 9001 x', /OUTBOUND must be a port/],
    ['-r 9001 8001 x', /must be HOST:PORT/],
    ['-r 9001 8001 x@9001', /must be GROUP@PORT/],
    ['-r 9001 8001 a:1 b:2', /unexpected argument "b:2"/],
    ['edge --http 8000', /--relay is missing/],
    ['edge --relay a:1', /--http is missing/],
    ['edge --http 8000 --relay a', /--relay must be HOST:PORT/],
    ['edge --http 8000 --relay a:1 --workers 0', /--workers must be a number from 1 to 128, or "auto", not "0"/],
    ['8000 a:1 --workers many', /--workers must be a number from 1 to 128, or "auto", not "many"/],
    ['edge --http 8000 --relay a:1 --access-log-format json', /--access-log-format needs --access-log/],
    ['edge --http 8000 --relay a:1 --access-log f --access-log-format xml', /--access-log-format must be one of combined, json, not "xml"/],
    ['8000 a:1 --access-log=', /--access-log must not be empty/],
    ['edge --http 8000 --relay a:1 --admin-password x --admin-password-file y', /--admin-password and --admin-password-file exclude each other/],
    ['edge --http 8000 --relay a:1 --admin-password-file /no/such/file', /--admin-password-file: cannot read \/no\/such\/file: no such file or directory \(ENOENT\)/],
    ['edge --http 8000 --relay a:1 --admin-password-file /dev/null', /--admin-password-file: the first line of \/dev\/null is empty/],
    ['edge --http 8000 --relay a@1', /--relay must be HOST:PORT/],
    ['8000', /RELAY:PORT is missing/],
    ['edge --http 8000 --relay nats://', /--relay "nats:\/\/": a host is missing/],
    ['edge --http 8000 --relay nats://studio:s3cr3t@', /--relay "nats:\/\/\*\*\*@": a host is missing \(/],
    ['relay --in 1 --out 2 --upstream tls://h:99999', /--upstream "tls:\/\/h:99999": the port must be from 1 to 65535, not "99999"/],
    ['encoder --mount m --to nats://h?creds=a&nkey=b --stdin', /--to "nats:\/\/h\?creds=a&nkey=b": the login is given twice, by creds and nkey/],
    ['station --http 1 --peer nats://h/../x', /--peer "nats:\/\/h\/..\/x": the host must be/],
    ['edge --http 8000 --relay nat://h', /--relay "nat:\/\/h": the scheme must be nats or tls, and a relay has none, not "nat": did you mean nats\?/],
    ['encoder --mount m --to nats://h?cred=a --stdin', /--to "nats:\/\/h\?cred=a": "cred" is none of creds, nkey, login, prefix, domain: did you mean creds\?/],
    ['8000 relay', /RELAY:PORT must be HOST:PORT/],
    ['99999 relay:1', /PORT must be a port/],
    ['encoder --to a:1 --stdin', /--mount is missing/],
    ['encoder --mount / --to a:1 --stdin', /--mount: a mountpoint needs a name/],
    ['encoder --mount m --stdin', /--to is missing/],
    ['encoder --mount m --to a --stdin', /--to must be HOST:PORT, HOST@PORT or nats:\/\/HOST/],
    ['encoder --mount m --to a:1', /one of --from, --stdin and --listen is missing/],
    ['encoder --mount m --to a:1 --stdin --from http://h/m', /--from and --stdin exclude each other/],
    ['encoder --mount m --to a:1 --stdin --listen 1', /--stdin and --listen exclude each other/],
    ['encoder --mount m --to a:1 --listen x', /--listen must be a port/],
    ['encoder --mount m --to a:1 --from ftp://h/m', /--from must be http/],
    ['encoder --mount m --to a:1 --from http://h', /--from must be http/],
    ['encoder --mount m --to a:1 --stdin --password x', /--password needs --listen/],
    ['encoder --mount m --to a:1 --listen 1 --password=', /--password must not be empty/],
    ['encoder --mount m --to a:1 --stdin --origin=', /--origin: an origin needs a name/],
    [`encoder --mount m --to a:1 --stdin --origin ${'x'.repeat(256)}`, /--origin: an origin's name has at most 255 bytes/],
    ['probe', /URL is missing/],
    ['probe radio', /URL must be http:\/\/HOST:PORT\/MOUNT, not "radio"/],
    ['probe ftp://h/m', /URL must be http:/],
    ['probe ftp://h/m', /URL must be http:\/\/HOST:PORT\/MOUNT/],
    ['probe http://h/m http://h/n', /unexpected argument "http:\/\/h\/n"/],
    ['probe http://h/m --for 0', /--for must be a whole number from 1/],
    ['probe http://h/m --for 1m', /--for must be a whole number/],
    ['probe http://h/m --max-stall 0.5', /--max-stall must be a whole number/],
    ['probe http://h/m --max-stall', /--max-stall needs a value: MS/],
    ['probe http://h/m --max-stalls 5', /unknown option --max-stalls/],
    ['probe http://h/m --json --quiet', /--json and --quiet exclude each other/],
    [`encoder --mount m ${manyTargets} --stdin`, /257 targets/],
    ['key', /key: command is missing, must be new/],
    ['key old a', /key: unknown command "old", must be new/],
    ['key new', /key new: NAME is missing/],
    ['key new a b', /unexpected argument "b"/],
    ['key new a/b', /key new: name must have 1 to 64 letters/],
    ['key new a --role listener', /--role must be one of encoder, edge, relay, not "listener"/],
    ['key new a --mounts admin', /key new: the name admin is reserved/],
    ['relay --in 1 --out 2 --plain-from 10.0.0.0/8', /--plain-from needs --keys/],
    ['relay --in 1 --out 2 --keys f --plain-from x', /--plain-from must be a range of addresses/],
    ['relay --in 1 --out 2 --keys=', /--keys must not be empty/],
    ['station --http 1 --keys f', /--keys needs --in or --out/],
    ['edge --http 1 --relay a:1 --key=', /--key must not be empty/],
    ['edge --http 1 --relay a:1 --plain-to a:1', /--plain-to needs --key, DAVECAST_KEY or --link-cert/],
    ['edge --http 1 --relay a:1 --key f --plain-to b:1', /--plain-to: this process does not connect or send to b:1/],
    ['edge --http 1 --relay a:1 --link-cert f', /--link-cert needs --link-key and --link-ca/],
    ['edge --http 1 --relay a:1 --key k --link-cert f --link-key f --link-ca f', /--link-cert: connections are made with a key or with a certificate/],
    ['relay --in 1 --out 2 --link-cert f --link-key f --link-ca f', /--link-cert needs --keys: this process connects to nobody/],
    ['encoder --mount m --stdin --to a@1 --link-cert f --link-key f --link-ca f', /a@1: a certificate seals no datagrams/],
    ['station', /--http is missing/],
    ['station 8000', /unexpected argument "8000"/],
    ['station --http x', /--http must be a port/],
    ['station --http 1 --peer other', /--peer must be HOST:PORT/],
    ['edge --http 1 --relay a:1 --mounts', /--mounts needs a value: GLOB/],
    ['edge --http 1 --relay a:1 --mounts /admin/x', /--mounts "\/admin\/x": names that begin with admin\//],
    ['edge --http 1 --relay a:1 --linger 5', /--linger needs --on-demand/],
    ['edge --http 1 --relay a:1 --on-demand --linger 1.5', /--linger must be a number of seconds from 0 to 86400, not "1.5"/],
    ['edge --http 1 --relay a:1 --on-demand --linger 86401', /--linger must be a number of seconds/],
    [`relay --in 1 --out 2 ${Array.from({ length: 65 }, (_, n) => `--mounts ${n}*`).join(' ')}`, /--mounts: too many names, there can be 1024, 64 of them with a \*/],
    ['relay --in 1 --out 2 --on-demand', /unknown option --on-demand/],
    ['station --http 1 --peer other@2', /--peer must be HOST:PORT/],
    ['station --http 1 --out x', /--out must be a port/],
    ['station --http 1 --in x', /--in must be a port/],
    ['station --http 1 --from http://h/m', /--from must be MOUNT=URL, not "http:\/\/h\/m"/],
    ['station --http 1 --from m=http://h', /--from must be http/],
    ['station --http 1 --mount admin', /--mount: the name admin is reserved for a page/],
    ['station --http 1 --shoutcast-port 2', /--shoutcast-port needs --shoutcast-mount/],
    ['station --http 0 --shoutcast-mount m', /--shoutcast-port is missing/],
    ['station --http 65535 --shoutcast-mount m', /--shoutcast-port must be a port from 0 to 65535, not "65536"/],
    ['station --http 8000 --out 8001 --peer other:8001 --shoutcast-mount m', /--out and --shoutcast-port are both port 8001: set --shoutcast-port to another one/],
    ['station --http 8000 --in 8000', /--http and --in are both port 8000/],
    ['relay --in 1 --out 1', /--out and --in are both port 1/],
    ['relay --in 1 --out 2 --http 2', /--http and --out are both port 2/],
    ['-r 1 1', /OUTBOUND and INBOUND are both port 1/],
    ['encoder --mount m --to a:1 --listen 8000 --http 8000', /--http and --listen are both port 8000/],
    ['encoder --mount m --to a:1 --listen 8000 --shoutcast-mount m --http 8001', /--http and --shoutcast-port are both port 8001/],
    ['station --http 1 --password=', /--password must not be empty/],
    ['station --http 1 --https 2', /--https needs --tls-cert and --tls-key/],
    ['station --http 1 --allow x', /--allow must be a range of addresses/],
    ['station --http 1 --to a:1', /unknown option --to/],
    ['station --icecast-config /no/such/file', /cannot read \/no\/such\/file: no such file or directory \(ENOENT\)/],
    ['station --icecast-config README.md', /README\.md:\d+: text data outside of root node/],
  ])('%j with one clear line', async (line, message) => {
    const { status, out, err } = await print(davecast, line);
    expect(err).toMatch(message);
    expect(err).toMatch(/^davecast: [^\n]+\n$/);
    expect({ status, out }).toEqual({ status: 2, out: '' });
  });
});

describe('daveice refuses', () => {
  it.each([
    ['', /ICECAST:PORT is missing/],
    ['icecast', /ICECAST:PORT must be HOST:PORT/],
    ['icecast:80', /MOUNT is missing/],
    ['icecast:80 m', /TARGET is missing/],
    ['icecast:80 m relay', /TARGET must be/],
    ['icecast:80 m relay:1 --stdin', /unknown option --stdin/],
  ])('%j with one clear line', async (line, message) => {
    const { status, err } = await print(daveice, line);
    expect(err).toMatch(message);
    expect(err).toMatch(/^daveice: [^\n]+\n$/);
    expect(status).toBe(2);
  });
});

describe('help and version', () => {
  it.each(['--help', '-h', 'relay --help', 'edge -h', 'encoder --help', 'station --help', '-r --help', '8000 --help', 'probe --help'])('davecast %s', async (line) => {
    const { status, out, err } = await print(davecast, line);
    expect(out).toMatch(/^Usage: davecast/);
    expect({ status, err }).toEqual({ status: 0, err: '' });
  });

  it.each(['--version', '-v', 'relay --version', 'edge -v', 'encoder --version', 'station -v', 'probe -v'])('davecast %s', async (line) => {
    expect(await print(davecast, line)).toEqual({ status: 0, out: `davecast ${version}\n`, err: '' });
  });

  it('daveice', async () => {
    expect((await print(daveice, '--help')).out).toMatch(/^Usage: daveice/);
    expect((await print(daveice, '--version')).out).toBe(`daveice ${version}\n`);
  });

  it.each(['station', 'relay', 'edge', 'encoder'] as const)('begins with what matters first: %s', (role) => {
    const [first, more] = commands[role].help.sections;
    expect([first!.title, more!.title]).toEqual(['Options that matter first', 'More options']);
    expect(first!.options).toHaveLength(8);
    const names = [...first!.options, ...more!.options].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('is the same for davecast help COMMAND', async () => {
    for (const { name } of manual) expect(await print(davecast, ['help', name])).toEqual(await print(davecast, [name, '--help']));
    expect(await print(davecast, 'help')).toEqual(await print(davecast, '--help'));
    expect(await print(davecast, 'help egde')).toMatchObject({ status: 2, err: expect.stringContaining('unknown command "egde": did you mean edge?') });
    expect(await print(davecast, 'egde')).toMatchObject({ status: 2, err: expect.stringContaining('unknown command "egde": did you mean edge?') });
    expect(await print(davecast, 'station --http 1 --source-password x')).toMatchObject({ status: 2, err: expect.stringContaining('unknown option --source-password: did you mean --password?') });
    expect(await print(davecast, 'edge --config x --check')).toMatchObject({ status: 2, err: expect.stringContaining('unknown option --check: a configuration file is checked by davecast config check FILE') });
    expect(await print(davecast, 'edge --htpp 1')).toMatchObject({ status: 2, err: expect.stringContaining('unknown option --htpp: did you mean --http?') });
    expect(await print(davecast, 'help edge relay')).toMatchObject({ status: 2, err: expect.stringContaining('unexpected argument "relay"') });
  });

  it.each([
    ['station', 'port', 'http'],
    ['station', 'listen', 'http'],
    ['edge', 'port', 'http'],
    ['edge', 'listen', 'http'],
    ['relay', 'port', 'in'],
    ['relay', 'listen', 'in'],
    ['encoder', 'port', 'listen'],
  ])('says which option opens the port that a role is there for: %s --%s', async (role, wrong, meant) => {
    expect(await print(davecast, [role, `--${wrong}`, '1'])).toMatchObject({ status: 2, err: `davecast: unknown option --${wrong}: did you mean --${meant}? (see davecast --help)\n` });
  });

  it('names every setting of the role; a station has those of all', async () => {
    const { out: station } = await print(davecast, ['station', '--help-settings']);
    const only: Partial<Record<string, string>> = { drainMs: 'stdin', demandWaitMs: 'on-demand', signMs: 'sign', unsignedMs: 'verify' };
    for (const role of ['relay', 'edge', 'encoder'] as const) {
      const { out } = await print(davecast, [role, '--help-settings']);
      expect((await print(davecast, [role, '--help'])).out).toContain('\nSettings (limits and times): see --help-settings\n');
      for (const name of settingNames) {
        const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} `;
        expect(out.includes(flag), `${role} ${flag}`).toBe(settingTable[name].roles.includes(role));
        // All but those of an option that it does not have.
        const isUseless = name in only && !commands.station.options.some((option) => option.name === only[name]);
        expect(station.includes(flag), `station ${flag}`).toBe(!isUseless);
      }
    }
  });
});

describe('command lines that are right', () => {
  it.each([
    ['relay --in 9001 --out 8001 --upstream a:1 --upstream [::1]:2 --multicast 239.1.1.1@3 --bind 127.0.0.1', 'relay'],
    ['-r 9001 8001', 'relay'],
    ['-r 9001 8001 239.1.1.1@9001', 'relay'],
    ['-r 9001 8001 other:8001', 'relay'],
    ['-r 9001 8001 --bind 127.0.0.1', 'relay'],
    ['edge --http 0 --relay a:1 --relay b:2', 'edge'],
    ['edge --http 0 --relay a:1 b:2', 'edge'],
    ['edge --http 0 --relay a:1 --workers auto', 'edge'],
    ['8000 a:1 b:2', 'edge'],
    ['encoder --mount /m --to a:1 --to b@2 --stdin', 'encoder'],
    ['encoder --mount m --to a:1 --from http://user:pw@h:8000/m --title=-x', 'encoder'],
    ['encoder --mount m --to a:1 --stdin --origin studio-a', 'encoder'],
    ['station --http 0', 'station'],
    ['station --http 0 --ready-check mounts --ready-check peers', 'station'],
    ['encoder --mount m --to a:1 --listen 0 --ready-check none', 'encoder'],
    ['station --http 0 --out 0 --in 0 --peer a:1 --peer b:2 --password pw --mount one --mount two --single-source --workers 2 --bind 127.0.0.1', 'station'],
    ['station --http 8000 --shoutcast-mount m --from n=http://h:8000/n --stall-min-ms 500 --history-ms 2000 --source-idle-ms 5000', 'station'],
    ['edge --http 0 --relay a:1 --hls --hls-dir d --hls-group radio=radio-64,/radio-128 --hls-window-ms 7200000', 'edge'],
    ['8000 a:1 --hls', 'edge'],
    ['station --http 0 --hls --hls-segment-ms 4000', 'station'],
    ['encoder --mount 007 --to a:1 --listen 0 --password 0123', 'encoder'],
  ])('davecast %s', (line, role) => {
    expect(readDavecast(line.split(' '))).toMatchObject({ kind: 'run', role });
  });

  it('say what is served by HLS, and how long its segments are', () => {
    const configOf = (line: string): Partial<EdgeConfig> => (readDavecast(line.split(' ')) as Extract<ReturnType<typeof readDavecast>, { kind: 'run' }>).configuration.config as Partial<EdgeConfig>;
    expect(configOf('edge --http 0 --relay a:1')).toMatchObject({ hls: undefined, settings: { hlsSegmentMs: 0 } });
    expect(configOf('edge --http 0 --relay a:1 --hls')).toMatchObject({ hls: { directory: undefined, groups: new Map() }, settings: { hlsSegmentMs: 6_000, hlsWindowMs: 60_000 } });
    expect(configOf('station --http 0 --hls --hls-part-ms 1000')).toMatchObject({ settings: { hlsSegmentMs: 6_000, hlsPartMs: 1_000 } });
    const hls = { directory: 'd', groups: new Map([['radio', ['a', 'b/c']], ['other', ['d']]]) };
    for (const role of ['edge --http 0 --relay a:1', '8000 a:1', 'station --http 0']) expect(configOf(`${role} --hls --hls-segment-ms 2000 --hls-dir d --hls-group radio=a,b/c --hls-group other=d`)).toMatchObject({ hls, settings: { hlsSegmentMs: 2_000 } });
  });

  it('say who may read metrics, besides this machine', () => {
    const allowed = (line: string): unknown => (readDavecast(line.split(' ')) as Extract<ReturnType<typeof readDavecast>, { kind: 'run' }>).metricsAllow;
    expect(allowed('relay --in 9001 --out 8001 --http 0')).toEqual([]);
    const more = '--metrics-allow 192.0.2.0/24 --metrics-allow 2001:db8::1';
    for (const line of ['relay --in 9001 --out 8001 --http 0', '-r 9001 8001 --http 0', 'edge --http 0 --relay a:1', '8000 a:1', 'encoder --mount m --to a:1 --stdin --http 0', 'station --http 0']) {
      expect(allowed(`${line} ${more}`), line).toEqual([{ address: '192.0.2.0', prefix: 24, family: 'ipv4' }, { address: '2001:db8::1', prefix: 128, family: 'ipv6' }]);
    }
  });

  it('say which mountpoints are taken in', () => {
    const configOf = (line: string | readonly string[]): object => (readDavecast(typeof line === 'string' ? line.split(' ') : line) as Extract<ReturnType<typeof readDavecast>, { kind: 'run' }>).configuration.config;
    const edge = 'edge --http 0 --relay a:1';
    expect(configOf(edge)).toMatchObject({ wish: undefined });
    expect(configOf(`${edge} --mounts /news-* --mounts jazz`)).toMatchObject({ wish: { mounts: ['news-*', 'jazz'] } });
    expect(configOf(`${edge} --on-demand`)).toMatchObject({ wish: { onDemand: { lingerMs: 60_000 } } });
    expect(configOf(`${edge} --on-demand --linger 0 --mounts jazz`)).toMatchObject({ wish: { mounts: ['jazz'], onDemand: { lingerMs: 0 } } });
    for (const line of ['relay --in 0 --out 0 --upstream a:1', 'station --http 0 --peer a:1']) expect(configOf(`${line} --mounts *`)).toMatchObject({ mounts: ['*'] });
    const directory = mkdtempSync(join(tmpdir(), 'davecast-'));
    const file = join(directory, 'only-mounts.yaml');
    writeFileSync(file, 'http: 0\nrelay: a:1\nonDemand: true\nlinger: 5\nonlyMounts: [jazz, "news-*"]\nmounts: {jazz: {prefer: studio}}\n');
    expect(configOf(['edge', '--config', file])).toMatchObject({ wish: { mounts: ['jazz', 'news-*'], onDemand: { lingerMs: 5_000 } }, policies: { jazz: { prefer: 'studio' } } });
    rmSync(directory, { recursive: true });
  });

  it('davecast probe', () => {
    const wish = readDavecast('probe http://u:p@h:8000/m?x=y --for 60 --max-stall 500 --max-disconnects 0 --min-kbps 120 --buffer 2000 --give-up 5000 --json'.split(' '));
    expect(wish).toMatchObject({ kind: 'probe', config: { forMs: 60_000, bufferMs: 2_000, giveUpMs: 5_000, output: 'json' } });
    expect(wish.kind === 'probe' && [wish.config.url.href, ...wish.config.limits]).toEqual([
      'http://u:p@h:8000/m?x=y', ['max-start', 10_000], ['max-stall', 500], ['max-digital-silence', 10_000], ['max-missing', 5_000], ['max-repeated', 5_000], ['max-disconnects', 0], ['min-kbps', 120],
    ]);
    expect(readDavecast(['probe', 'http://h'])).toMatchObject({ config: { forMs: undefined, output: 'text' } });
  });

  it('daveice', () => {
    expect(readDaveice(['icecast:8000', 'm', 'a:1', 'b@2'])).toMatchObject({ kind: 'run', role: 'encoder' });
  });
});

describe('settings', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'davecast-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const file = (content: string): string => {
    const path = join(directory, 'config.json');
    writeFileSync(path, content);
    return path;
  };
  const settings = (role: Role, ...argv: string[]): Settings => configOf(readGiven(argv, commands[role], optionsOfAll)).settings;

  it('come from the defaults, the file, and the command line', () => {
    const path = file('{"stallMinMs": 400, "stallMaxMs": 900, "historyMs": 5000}');
    expect(settings('edge', '--config', path, '--stall-min-ms', '500')).toMatchObject({
      stallMinMs: 500,
      stallMaxMs: 900,
      historyMs: 5_000,
      ringMs: settingTable.ringMs.value,
    });
  });

  it('are named as options in the help of other ones', () => {
    const help = (name: string): string => commands.edge.options.find((option) => option.name === name)!.help;
    expect(help('behind-settle-ms')).toContain('before --behind-switch-ms applies');
    for (const { help: text } of commands.edge.options.filter(({ value }) => value !== 'FILE')) expect(text).not.toMatch(/\b[a-z]+[A-Z]\w*(Ms|Bytes)\b/);
  });

  it('may have their former names, with a note', async () => {
    const given = readGiven(['--path-silence-min-ms', '250'], commands.edge);
    expect(configOf(given).settings).toMatchObject({ pathIdleMinMs: 250 });
    expect(given.notes).toEqual(['--path-silence-min-ms is now called --path-idle-min-ms']);
    const path = file('{"pathSilenceMinMs": 260, "lateMs": 300, "sourceIdleMs": 5000}');
    const inFile = readGiven(['--config', path], commands.edge);
    expect(configOf(inFile).settings).toMatchObject({ pathIdleMinMs: 260, maxTimerLagMs: 300 });
    expect(inFile.notes).toEqual([`${path}:1:2: pathSilenceMinMs is now called pathIdleMinMs`, `${path}:1:27: lateMs is now called maxTimerLagMs`]);
    const twice = file('{"pathSilenceMinMs": 260, "pathIdleMinMs": 260}');
    expect(await print(davecast, ['edge', '--http', '8000', '--relay', 'a:1', '--config', twice])).toMatchObject({ status: 2, err: expect.stringContaining('pathIdleMinMs is given twice') });
    expect(await print(davecast, 'edge --http 8000 --relay a:1 --late-ms 5 --max-timer-lag-ms 5')).toMatchObject({ status: 2, err: expect.stringContaining('--max-timer-lag-ms is given twice') });
    expect(await print(davecast, 'encoder --path-idle-min-ms 5')).toMatchObject({ status: 2, err: expect.stringContaining('unknown option --path-idle-min-ms') });
    expect(await print(davecast, 'encoder --path-silence-min-ms 5')).toMatchObject({ status: 2, err: expect.stringContaining('unknown option --path-silence-min-ms') });
  });

  it.each([
    ['{', /config\.json:1:2: flow map must end with a \}/],
    ['[]', /config\.json:1:1: must be keys and values, as in "http: 8000"/],
    ['5', /:1:1: must be keys and values/],
    ['<?xml version="1.0"?>\n<icecast>\n  <a b="c">: {</a>\n</icecast>\n', /config\.json:1:1: is XML: an icecast\.xml is for davecast station --icecast-config FILE, which says with --print-config what is wrong with it/],
    ['{"stallMs": 1}', /:1:2: unknown key "stallMs"/],
    ['{"__proto__": 1}', /unknown key "__proto__"/],
    ['{"stallMinMs": "500"}', /stallMinMs must be a whole number/],
    ['{"stallMinMs": 1.5}', /stallMinMs must be a whole number/],
  ])('are refused as %s', async (content, message) => {
    const { status, err } = await print(davecast, ['edge', '--http', '0', '--relay', 'a:1', '--config', file(content)]);
    expect(err).toMatch(message);
    expect(err.trimEnd()).not.toContain('\n');
    expect(status).toBe(2);
  });

  const mounts = (content: object | string, ...argv: string[]): MountPolicies => {
    const path = file(typeof content === 'string' ? content : JSON.stringify({ mounts: content }));
    const given = readGiven(['--config', path, ...argv], commands.edge);
    return policiesOf(given, configOf(given).policies);
  };

  it('can be others for single mountpoints, with what is preferred there and what comes when nothing is left', () => {
    const policies = mounts({
      radio: { prefer: 'studio-a', fallback: { file: 'sorry.mp3' }, silentSwitchMs: 0, mountEndMs: 3_000, fallbackOnSilence: true },
      '/late/night': { fallback: { mount: '/radio' } },
      __proto__name: {},
    });
    expect(policies).toEqual({
      radio: { prefer: 'studio-a', fallback: { file: join(directory, 'sorry.mp3') }, fallbackOnSilence: true, settings: { silentSwitchMs: 0, mountEndMs: 3_000 } },
      'late/night': { fallback: { mount: 'radio' } },
      __proto__name: {},
    });
    expect(mounts({ a: { fallback: { file: '/srv/sorry.mp3' } } })).toEqual({ a: { fallback: { file: '/srv/sorry.mp3' } } });
    expect(Object.keys(mounts('{"mounts": {"__proto__": {"prefer": "x"}}}'))).toEqual(['__proto__']);
    expect(mounts('{}')).toEqual({});
  });

  it('of single mountpoints come from the command line before the file', () => {
    const argv = ['--prefer', 'radio=studio-b', '--prefer', '/b=10.0.0.7:1=2', '--fallback-mount', 'radio=/b', '--fallback-file', 'b=x.mp3'];
    expect(mounts({ radio: { prefer: 'studio-a', fallback: { file: 'sorry.mp3' }, returnMs: 5 } }, ...argv)).toEqual({
      radio: { prefer: 'studio-b', fallback: { mount: 'b' }, settings: { returnMs: 5 } },
      b: { prefer: '10.0.0.7:1=2', fallback: { file: resolve('x.mp3') } },
    });
  });

  it('of single mountpoints are for the other roles to pass over, but not when they are wrong', () => {
    const path = file('{"mounts": {"radio": {"prefer": "studio-a"}}}');
    expect(settings('relay', '--config', path)).toEqual(settings('relay'));
  });

  it.each([
    ['[]', /config\.json:1:2: mounts: must be an object$/],
    ['{"radio": 5}', /config\.json:1:13: mounts\.radio: must be an object$/],
    ['{"": {}}', /mounts\[""\]: a mountpoint needs a name$/],
    ['{"a b": {}}', /mounts\["a b"\]: a mountpoint's name has no spaces/],
    ['{"a": {}, "/a": {}}', /mounts\["\/a"\]: given twice/],
    ['{"radio": {"trust": "nobody"}}', /mounts\.radio\.trust: must be "content" or "all"/],
    ['{"radio": {"prefers": "x"}}', /mounts\.radio\.prefers: unknown key: did you mean prefer\?: a mountpoint has prefer, fallback, intro, silentSwitchMs, /],
    ['{"radio": {"stallMinMs": 500}}', /mounts\.radio\.stallMinMs: unknown key/],
    ['{"radio": {"silentSwitchMs": -1}}', /mounts\.radio\.silentSwitchMs: must be a whole number of ms from 0 to 3600000, not -1$/],
    ['{"radio": {"prefer": ""}}', /mounts\.radio\.prefer: must be a string, not ""$/],
    ['{"radio": {"prefer": "a\\u0000"}}', /mounts\.radio\.prefer: an origin's name has no control characters$/],
    ['{"radio": {"prefer": 7}}', /mounts\.radio\.prefer: must be a string, not 7: put it in quotes$/],
    ['{"radio": {"fallbackOnSilence": 1}}', /mounts\.radio\.fallbackOnSilence: must be true or false, not 1$/],
    ['{"radio": {"fallback": "sorry.mp3"}}', /mounts\.radio\.fallback: must be either {"mount": NAME} or {"file": FILE}, not "sorry\.mp3"$/],
    ['{"radio": {"fallback": {}}}', /mounts\.radio\.fallback: must be either/],
    ['{"radio": {"fallback": {"file": "x", "mount": "b"}}}', /mounts\.radio\.fallback: must be either {"mount": NAME} or {"file": FILE}$/],
    ['{"radio": {"fallback": {"url": "x"}}}', /mounts\.radio\.fallback: must be either/],
    ['{"radio": {"fallback": {"file": 5}}}', /mounts\.radio\.fallback\.file: must be a string, not 5: put it in quotes$/],
    ['{"radio": {"fallback": {"mount": "/"}}}', /mounts\.radio\.fallback\.mount: a mountpoint needs a name$/],
    ['{"radio": {"fallback": {"mount": "/radio"}}}', /config\.json:1:2: mounts: the fallbacks form a loop: \/radio, \/radio$/],
    ['{"x": {"fallback": {"mount": "a"}}, "a": {"fallback": {"mount": "b"}}, "b": {"fallback": {"mount": "a"}}}', /the fallbacks form a loop: \/a, \/b, \/a$/],
  ])('of single mountpoints are refused as %s', async (content, message) => {
    for (const role of [['edge', '--http', '0', '--relay', 'a:1'], ['relay', '--in', '0', '--out', '0']]) {
      const { status, err } = await print(davecast, [...role, '--config', file(`{"mounts": ${content}}`)]);
      expect(err.trimEnd().replace(/ \(see davecast --help\)$/, '')).toMatch(message);
      expect(err.trimEnd()).not.toContain('\n');
      expect(status).toBe(2);
    }
  });

  it('are refused with all that is wrong, a line each', async () => {
    const content = { stallMs: 1, stallMinMs: 1.5, mounts: { 'a b': {}, radio: { prefer: 7, codec: 'wav' }, jazz: { fallback: 5 } } };
    const path = file(JSON.stringify(content));
    const { status, err } = await print(davecast, ['edge', '--http', '0', '--relay', 'a:1', '--config', path, '--stall-max-ms', 'x']);
    const lines = err.trimEnd().split('\n');
    expect(lines.every((line) => line.startsWith('davecast: '))).toBe(true);
    expect(lines.map((line) => line.replace('davecast: ', '').replace(path, 'FILE'))).toEqual([
      'FILE:1:2: unknown key "stallMs"',
      expect.stringMatching(/^FILE:1:14: stallMinMs must be a whole number of ms from \d+ to \d+, not 1\.5, as in "stallMinMs: 300"$/),
      expect.stringMatching(/^FILE:1:41: mounts\["a b"\]: a mountpoint's name has no spaces/),
      'FILE:1:59: mounts.radio.prefer: must be a string, not 7: put it in quotes',
      'FILE:1:70: mounts.radio.codec: must be one of mp3, aac, mp2, mp1',
      'FILE:1:93: mounts.jazz.fallback: must be an object',
      expect.stringMatching(/^--stall-max-ms must be a whole number of ms from \d+ to \d+, not x \(see davecast --help\)$/),
    ]);
    expect(status).toBe(2);
  });

  it.each([
    ['--prefer radio', /--prefer must be MOUNT=ORIGIN, not "radio"/],
    ['--prefer radio=', /--prefer must be MOUNT=ORIGIN, not "radio="/],
    ['--prefer =studio-a', /--prefer must be MOUNT=ORIGIN/],
    [`--prefer a=${'x'.repeat(256)}`, /--prefer: an origin's name has at most 255 bytes/],
    ['--prefer a=x --prefer /a=y', /--prefer is given twice for \/a/],
    ['--prefer ?=x', /--prefer: a mountpoint's name has no/],
    ['--fallback-mount a=?', /--fallback-mount: a mountpoint's name has no/],
    ['--fallback-mount a=b --fallback-file a=c.mp3', /--fallback-mount and --fallback-file are both given for \/a/],
    ['--fallback-mount a=b --fallback-mount b=/a', /the fallbacks form a loop: \/a, \/b, \/a/],
    ['--fallback-mount a=/a', /the fallbacks form a loop: \/a, \/a/],
  ])('of single mountpoints are refused as %s', async (options, message) => {
    for (const edge of ['edge --http 0 --relay a:1', '0 a:1']) {
      const { status, err } = await print(davecast, `${edge} ${options}`);
      expect(err).toMatch(message);
      expect(err.trimEnd()).not.toContain('\n');
      expect(status).toBe(2);
    }
  });
});
