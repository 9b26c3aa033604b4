import { IcecastServer } from '../../../bench/rigs/icecast-server.ts';

/** A real Icecast whose master is an edge: it asks for the mount list every two seconds, and relays every mount. */
export function startSlave(masterPort: number): Promise<IcecastServer> {
  const master = `<master-server>127.0.0.1</master-server>
  <master-server-port>${masterPort}</master-server-port>
  <master-update-interval>2</master-update-interval>
  <master-password>unused</master-password>
  <relays-on-demand>0</relays-on-demand>`;
  return IcecastServer.start(plainConfiguration('unused', master));
}

/** Of an Icecast with one password for everything, and what else is wanted. */
export function plainConfiguration(password: string, more: string = ''): string {
  return `<icecast>
  <limits><clients>50</clients><sources>10</sources><burst-size>65535</burst-size></limits>
  <authentication>
    <source-password>${password}</source-password><relay-password>${password}</relay-password>
    <admin-user>admin</admin-user><admin-password>${password}</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  ${more}
  <fileserve>0</fileserve>
  <paths>
    <basedir>/usr/share/icecast2</basedir><logdir>{directory}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot></security>
</icecast>
`;
}
