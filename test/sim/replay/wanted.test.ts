import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { readSet } from '../../../sim/cli/options/set-option.ts';
import { withWanted } from '../../../sim/replay/wanted.ts';

describe('what is wanted of a replay', () => {
  it('is read from --set, whatever the names of mountpoints are', () => {
    const { settings, policies } = readSet(['stallMinMs=500', '/radio/prefer=studio/b=1', 'a/b/returnMs=0', 'radio/returnMs=5', '__proto__/returnMs=1']);
    expect(settings).toEqual({ stallMinMs: 500 });
    expect(Object.entries(policies)).toEqual([
      ['radio', { prefer: 'studio/b=1', settings: { returnMs: 5 } }],
      ['a/b', { settings: { returnMs: 0 } }],
      ['__proto__', { settings: { returnMs: 1 } }],
    ]);
  });

  it('may have a former name of a setting', () => {
    const notes: string[] = [];
    expect(readSet(['pathSilenceMinMs=90'], notes).settings).toEqual({ pathIdleMinMs: 90 });
    expect(notes).toEqual(['--set: pathSilenceMinMs is now called pathIdleMinMs']);
  });

  it('of all mountpoints goes before what single ones had of their own, and leaves the rest of that', () => {
    const head = {
      settings: defaultSettings,
      policies: { radio: { prefer: 'studio-a', settings: { returnMs: 7, mountEndMs: 300 } }, jazz: { fallback: { mount: 'radio' } } },
    };
    const { settings, policies } = withWanted(head, readSet(['returnMs=9', 'radio/prefer=studio-b', 'jazz/returnMs=1']));
    expect(settings).toEqual({ ...defaultSettings, returnMs: 9 });
    expect(policies).toEqual({
      radio: { prefer: 'studio-b', settings: { mountEndMs: 300 } },
      jazz: { fallback: { mount: 'radio' }, settings: { returnMs: 1 } },
    });
    expect(withWanted({ settings: defaultSettings }, readSet([]))).toEqual({ settings: defaultSettings, policies: {} });
  });
});
