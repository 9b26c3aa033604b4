import type * as Library from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { credentialsOf, type Credentials } from './login.ts';
import type { NatsDial, NatsMessage, NatsWire } from './wire.ts';
import { inWords } from '../../process/problems.ts';

/** Loaded when the first connection is made: who does not use NATS does not wait for it. */
const library = (): Promise<typeof Library> => import('@nats-io/transport-node');

/** By the client library of NATS. It makes one connection and no more: when to make the next, the core's Connector says. */
export const dialNats: NatsDial = async ({ endpoint, ca, timeoutMs, pingMs, name }) => {
  const nats = await library();
  const credentials = await credentialsOf(endpoint.login);
  const options: NodeConnectionOptions = {
    servers: [...endpoint.servers],
    name,
    timeout: timeoutMs,
    pingInterval: pingMs,
    maxPingOut: 2,
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    ...(endpoint.isSecure && { tls: ca === undefined ? {} : { ca } }),
    ...(credentials !== undefined && { authenticator: authenticatorOf(nats, credentials) }),
  };
  return wireOf(nats, await nats.connect(options).catch((error: unknown) => Promise.reject(new Error(reasonOf(error)))));
};

function authenticatorOf(nats: typeof Library, credentials: Credentials): NonNullable<NodeConnectionOptions['authenticator']> {
  const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);
  switch (credentials.kind) {
    case 'user':
      return nats.usernamePasswordAuthenticator(credentials.user, credentials.password);
    case 'token':
      return nats.tokenAuthenticator(credentials.token);
    case 'creds':
      return nats.credsAuthenticator(encoded(credentials.text));
    case 'nkey':
      return nats.nkeyAuthenticator(encoded(credentials.text));
  }
}

function wireOf(nats: typeof Library, connection: NatsConnection): NatsWire {
  let complain: (what: string) => void = () => undefined;
  let lastError: string | undefined;
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'staleConnection') lastError = 'no answer to pings';
      if (status.type !== 'error') continue;
      lastError = reasonOf(status.error);
      complain(lastError);
    }
  })();
  const closed = connection.closed().then((error) => (error instanceof Error ? reasonOf(error) : (lastError ?? 'closed by peer')));
  /** The library lets those wait for ever that ask while the connection is lost. */
  const waiting = new Set<(error: Error) => void>();
  void closed.then((reason) => waiting.forEach((fail) => fail(new Error(reason))));
  return {
    maxPayloadBytes: connection.info?.max_payload ?? Infinity,
    // Closed, which `closed` is about to tell, it would throw.
    publish: (subject, data, reply) => {
      if (!connection.isClosed()) connection.publish(subject, data, reply === undefined ? undefined : { reply });
    },
    subscribe: (subject, take, failed) => {
      if (connection.isClosed()) return () => undefined;
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) return failed(reasonOf(error));
          outside(take, { subject: message.subject, data: message.data, status: message.headers?.code ?? 0 });
        },
      });
      return () => {
        if (!connection.isClosed()) subscription.unsubscribe();
      };
    },
    request: async (subject, body, timeoutMs) => (await connection.request(subject, body, { timeout: timeoutMs })).string(),
    newInbox: () => nats.createInbox(),
    flushed: () => new Promise((resolve, reject) => {
      waiting.add(reject);
      connection.flush().finally(() => waiting.delete(reject)).then(resolve, reject);
    }),
    closed,
    onComplaint: (tell) => {
      complain = tell;
    },
    destroy: () => void connection.close().catch(() => undefined),
  };
}

/** The library catches whatever is thrown inside: a bug of ours is to end the process, as it does everywhere else. */
function outside(take: (message: NatsMessage) => void, message: NatsMessage): void {
  try {
    take(message);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** In a few words, without what the server was shown. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const ofSystem = [error, error.cause].find((one) => typeof (one as NodeJS.ErrnoException | undefined)?.code === 'string');
  return ofSystem === undefined ? error.message.toLowerCase() : inWords(ofSystem);
}
