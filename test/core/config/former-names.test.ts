import { expect, it } from 'vitest';
import { formerSettingNames, presentName, withPresentNames } from '../../../core/config/former-names.ts';
import { settingNames } from '../../../core/config/settings.ts';

it('no former name is in use, and each leads to a setting', () => {
  for (const [former, present] of formerSettingNames) {
    expect(settingNames).not.toContain(former);
    expect(settingNames).toContain(present);
  }
});

it('a former name is replaced, and any other is left', () => {
  expect(['lateMs', 'ringMs', '__proto__', 'nonsense'].map(presentName)).toEqual(['maxTimerLagMs', 'ringMs', '__proto__', 'nonsense']);
  expect(withPresentNames({ ownerSilentMs: 1, ringMs: 2 })).toEqual({ ownerIdleMs: 1, ringMs: 2 });
});
