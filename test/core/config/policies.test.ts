import { describe, expect, it } from 'vitest';
import { fallbackLoop, type MountPolicies } from '../../../core/config/mount-policy.ts';
import { CurrentPolicy, Policies } from '../../../core/config/policies.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { StateReader, StateWriter } from '../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../core/recording/file/wire.ts';

const first: MountPolicies = { a: { fallback: { mount: 'b' } }, b: { prefer: 'studio' } };

describe('the policies of all mountpoints', () => {
  it('are those of the start until they are changed, and after a restart from a saved state', () => {
    const policies = new Policies(first);
    policies.change('b', { trust: 'all' });
    policies.change('c', { fallback: { mount: 'b' } });
    const writer = new ByteWriter();
    policies.snapshot(new StateWriter(writer, 'whole'));
    const restored = new Policies(first);
    restored.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
    for (const each of [policies, restored]) {
      expect([...each]).toEqual([['a', first['a']], ['b', { trust: 'all' }], ['c', { fallback: { mount: 'b' } }]]);
      expect(each.of('nobody')).toEqual({});
      expect(each.of('toString')).toEqual({});
    }
  });

  it('need no memory where they are as at the start again', () => {
    const policies = new Policies(first);
    const size = (): number => {
      const writer = new ByteWriter();
      policies.snapshot(new StateWriter(writer, 'whole'));
      return writer.length;
    };
    const before = size();
    policies.change('a', {});
    policies.change('c', { prefer: 'x' });
    expect(size()).toBeGreaterThan(before);
    policies.change('a', { fallback: { mount: 'b' } });
    policies.change('c', {});
    expect(size()).toBe(before);
  });

  it('name the mountpoints of a loop that a change would make', () => {
    const policies = new Policies(first);
    expect(policies.loopWith('b', { fallback: { mount: 'a' } })).toEqual(['b', 'a', 'b']);
    expect(policies.loopWith('b', { fallback: { mount: 'b' } })).toEqual(['b', 'b']);
    expect(policies.loopWith('b', { fallback: { mount: 'c' } })).toBeUndefined();
    policies.change('a', {});
    expect(policies.loopWith('b', { fallback: { mount: 'a' } })).toBeUndefined();
    expect(fallbackLoop(['x'], (mount) => ({ fallback: { mount: mount === 'x' ? 'y' : 'z' } }))).toEqual(['z', 'z']);
  });
});

describe('the policy of one mountpoint', () => {
  it('changes its settings where they are, and takes those of the edge for what it does not say any more', () => {
    const current = new CurrentPolicy(defaultSettings, { settings: { returnMs: 5, fallbackMs: 7 } });
    const { settings } = current;
    expect(settings).toEqual({ ...defaultSettings, returnMs: 5, fallbackMs: 7 });
    current.change({ prefer: 'studio', settings: { fallbackMs: 9 } });
    expect(current.settings).toBe(settings);
    expect(settings).toEqual({ ...defaultSettings, fallbackMs: 9 });
    expect(current.policy.prefer).toBe('studio');
  });
});
