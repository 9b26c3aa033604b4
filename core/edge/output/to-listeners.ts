import type { ListenersInput } from '../../listeners/listeners.ts';
import type { MountOutput, OutputOf } from './output.ts';

/** The output to the listeners of one mountpoint, here or in another process. Players go on over a discontinuity as over any other frame. */
export function toListeners(listeners: ListenersInput, { id, name }: OutputOf): MountOutput {
  return {
    opened: (now) => listeners.opened(now, id, name),
    format: (now, format) => listeners.format(now, id, format),
    title: (now, text) => listeners.title(now, id, text),
    discontinuity: () => {},
    frame: (now, bytes, durationUs) => listeners.frame(now, id, bytes, durationUs),
    ended: (now) => listeners.ended(now, id),
  };
}
