import { isIP } from 'node:net';
import type { ShoutcastPort } from '../../encoder/source/push/source-intake.ts';
import type { TlsConfig } from '../../net/tls/tls-port.ts';
import { nameIn } from './mounts.ts';
import type { Section } from './section.ts';

export interface IcecastPorts {
  readonly bind?: string | undefined;
  readonly httpPort?: number | undefined;
  readonly tls?: TlsConfig | undefined;
  readonly shoutcast?: ShoutcastPort | undefined;
}

/** Icecast's own, for source clients that speak Shoutcast. */
const SHOUTCAST_MOUNT = 'stream';

/** The first port without TLS, the first with, and the first for Shoutcast; further ones are told. `from` says where a file is. */
export function portsOf(root: Section, paths: Section, from: (file: string) => string): IcecastPorts {
  const found: { -readonly [Key in keyof IcecastPorts]: IcecastPorts[Key] } = {};
  const certificates = certificatesOf(root, paths, from);
  const shoutcastMount = nameIn(root, 'shoutcast-mount') ?? SHOUTCAST_MOUNT;
  // Without <listen-socket>, as older files have it.
  const sockets = root.sections('listen-socket');
  for (const socket of sockets.length === 0 && root.text('port') !== undefined ? [root] : sockets) {
    const port = socket.number('port') ?? 8_000;
    if (port < 0 || port > 65_535) throw socket.error('port', `must be from 0 to 65535, not ${port}`);
    const bind = socket.text('bind-address');
    if (bind !== undefined && isIP(bind) === 0) throw socket.error('bind-address', `must be an address of this machine, not "${bind}"`);
    const isSecure = ['ssl', 'tls'].map((name) => socket.flag(name)).includes(true);
    const isShoutcast = socket.flag('shoutcast-compat') === true;
    const ownMount = socket === root ? undefined : nameIn(socket, 'shoutcast-mount');
    if (isShoutcast && found.shoutcast === undefined) found.shoutcast = { port, mount: ownMount ?? shoutcastMount };
    else if (isSecure && found.tls === undefined) {
      if (certificates === undefined) throw socket.error('ssl', 'needs <ssl-certificate> in <paths>');
      found.tls = { port, certificates: [certificates] };
    } else if (!isSecure && !isShoutcast && found.httpPort === undefined) {
      found.httpPort = port;
    } else socket.note('port', `${port} is not honoured: there is one port for HTTP, one for TLS and one for Shoutcast`);
    // Clients that speak Shoutcast connect to the port behind it, also where it is not the first.
    if (ownMount !== undefined && !isShoutcast) {
      if (found.shoutcast !== undefined || port === 65_535) socket.note('shoutcast-mount', `/${ownMount} is not honoured: there is one port for Shoutcast`);
      else {
        found.shoutcast = { port: port + 1, mount: ownMount };
        if (port !== found.httpPort) socket.note('shoutcast-mount', `/${ownMount}: its source clients send titles to port ${port}, which is not there: make that the first port without TLS`);
      }
    }
    if (bind !== undefined && found.bind !== undefined && bind !== found.bind) socket.note('bind-address', `${bind} is not honoured: all ports are at ${found.bind}`);
    found.bind ??= bind;
    if (socket !== root) socket.tellRest({ 'so-sndbuf': 'the system chooses it', 'so-mss': 'the system chooses it', 'client-address': 'it makes no difference here' });
  }
  return found;
}

/** Icecast 2.4 has certificate and key in one file, 2.5 may have two. */
function certificatesOf(root: Section, paths: Section, from: (file: string) => string): TlsConfig['certificates'][number] | undefined {
  const context = root.sections('tls-context').at(-1);
  const cert = context?.text('tls-certificate') ?? paths.text('tls-certificate') ?? paths.text('ssl-certificate');
  const key = context?.text('tls-key') ?? paths.text('tls-key') ?? paths.text('ssl-private-key') ?? cert;
  context?.tellRest({ 'tls-allowed-ciphers': 'TLS 1.2 and 1.3 with the ciphers of Node.js' });
  return cert === undefined ? undefined : { cert: from(cert), key: from(key!) };
}
