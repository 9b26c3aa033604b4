import { IDLE, type ConnectorEvent } from '../../../core/links/connector.ts';
import type { Log } from '../../log/log.ts';

/** A connection that is idle again within this has carried nothing but what a relay has kept. */
const AGAIN_MS = 60_000;
/** That is told again so often. */
const REMIND_MS = 600_000;

/**
 * Tells what a connector does. A peer that cannot be reached is told once, not once a second for as long as that
 * lasts: the rest goes to 'debug'. So do connections that are idle and made anew again and again, because no encoder sends, but for one in ten minutes.
 */
export function connectorLog(log: Log, peer: string, nowMs: () => number = () => performance.now()): (event: ConnectorEvent) => void {
  let told = false;
  let idleAt = -Infinity;
  let idleToldAt = -Infinity;
  let isIdleAgain = false;
  return (event) => {
    if (event.kind === 'disconnected' && event.reason === IDLE) {
      const now = nowMs();
      isIdleAgain = now - idleAt < AGAIN_MS && now - idleToldAt < REMIND_MS;
      idleAt = now;
      if (!isIdleAgain) idleToldAt = now;
    } else if (event.kind === 'disconnected') isIdleAgain = false;
    if (event.kind === 'disconnected' && (told || isIdleAgain)) log({ ...event, kind: 'still-disconnected', peer });
    else if (event.kind === 'connected' && isIdleAgain) log({ ...event, kind: 'connected-again', peer });
    else log({ ...event, peer });
    if (event.kind !== 'connecting') told = event.kind === 'disconnected' && !isIdleAgain;
  };
}
