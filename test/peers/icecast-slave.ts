import { IcecastServer } from '../../bench/rigs/icecast-server.ts';

/** A real Icecast whose master is an edge: it asks for the mount list every two seconds, and relays every mount. */
export function startSlave(masterPort: number): Promise<IcecastServer> {
  return IcecastServer.start(configuration(masterPort));
}

function configuration(masterPort: number): string {
  return `<icecast>
  <limits><clients>50</clients><sources>10</sources><burst-size>65535</burst-size></limits>
  <authentication>
    <source-password>unused</source-password><relay-password>unused</relay-password>
    <admin-user>admin</admin-user><admin-password>unused</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <master-server>127.0.0.1</master-server>
  <master-server-port>${masterPort}</master-server-port>
  <master-update-interval>2</master-update-interval>
  <master-password>unused</master-password>
  <relays-on-demand>0</relays-on-demand>
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
