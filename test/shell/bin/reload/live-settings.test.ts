import { expect, it } from 'vitest';
import { settingTable } from '../../../../core/config/settings.ts';
import { liveSettings } from '../../../../shell/bin/reload/live-settings.ts';

/** The edge of a station has paths from its own process alone: their number is that of its relay. */
const ofRelayAlone = 'maxPaths';

it('what a station takes while it runs, all its parts take that have it', () => {
  const forgotten = [...liveSettings('station')].filter((name) => name !== ofRelayAlone).flatMap((name) => settingTable[name].roles.filter((role) => !liveSettings(role).has(name)).map((role) => `${name} of its ${role}`));
  expect(forgotten).toEqual([]);
});
