import type { ConnectorEvent } from '../../core/links/connector.ts';
import type { Log } from '../log/log.ts';

/**
 * Tells what a connector does. A peer that cannot be reached is told once, not once a second for as long as that
 * lasts: the rest goes to 'debug'.
 */
export function connectorLog(log: Log, peer: string): (event: ConnectorEvent) => void {
  let told = false;
  return (event) => {
    if (event.kind === 'disconnected' && told) log({ ...event, kind: 'still-disconnected', peer });
    else log({ ...event, peer });
    if (event.kind !== 'connecting') told = event.kind === 'disconnected';
  };
}
