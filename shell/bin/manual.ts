import { probeHelp } from '../operations/probe/command.ts';
import { completionHelp, shellNames } from '../cli/manual/completion-command.ts';
import { manPage } from '../cli/manual/man-page.ts';
import type { ManualEntry } from '../cli/manual/manual.ts';
import { sourcesHelp, switchHelp } from '../operations/operator/commands.ts';
import { PASSWORD_VARIABLE } from '../operations/operator/password.ts';
import { recordHelp } from '../operations/recording/record-command.ts';
import { upgradeHelp } from '../process/upgrade/run/command.ts';
import { commands } from './commands/commands.ts';
import { configHelp } from './commands/config-command.ts';
import { SOURCE_PASSWORD_VARIABLE } from './roles/encoder-config.ts';
import { keyHelp } from './commands/key-command.ts';
import { KEY_VARIABLE } from './roles/link-keys.ts';

/** The commands of davecast: help on each, manual pages and shell completion are made of these. */
export const manual: readonly ManualEntry[] = [
  { name: 'station', help: commands.station.help },
  { name: 'relay', help: commands.relay.help },
  { name: 'edge', help: commands.edge.help },
  { name: 'encoder', help: commands.encoder.help },
  { name: 'config', help: configHelp, words: ['check', 'schema'] },
  { name: 'key', help: keyHelp, words: ['new'] },
  { name: 'record', help: recordHelp, words: ['dump'] },
  { name: 'probe', help: probeHelp },
  { name: 'switch', help: switchHelp },
  { name: 'sources', help: sourcesHelp },
  { name: 'upgrade', help: upgradeHelp },
  { name: 'completion', help: completionHelp, words: shellNames },
];

/** The content of docs/davecast.1. */
export function manualPage(): string {
  return manPage({
    entries: manual,
    variables: {
      [SOURCE_PASSWORD_VARIABLE]: 'password of source clients where --password is not given',
      [KEY_VARIABLE]: 'line of the key of the process where --key is not given',
      [PASSWORD_VARIABLE]: 'password of operators where neither --admin-password nor --admin-password-file is given',
    },
    statuses: {
      0: 'stopped by a signal, or done',
      1: 'an internal error; a port that cannot be opened; a probe beyond its limits; a command that was refused',
      2: 'a wrong command line, configuration, certificate or list, with a line on stderr for each error',
      70: 'the event loop was blocked for --loop-blocked-exit-ms',
      130: 'a second SIGTERM or SIGINT while stopping',
    },
  });
}
