import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDavecast } from '../../../../shell/bin/command-line.ts';
import { manual, manualPage } from '../../../../shell/bin/manual.ts';
import { completionOf, optionsIn, summaryOf } from '../../../../shell/cli/manual/manual.ts';

function script(shell: string): string {
  const wish = readDavecast(['completion', shell]);
  return wish.kind === 'print' ? wish.text : '';
}

describe('the manual page', () => {
  const page = manualPage();

  it('is in docs/ as the tables say', () => {
    expect(readFileSync('docs/davecast.1', 'utf8') === page, 'docs/davecast.1 is not up to date: npm run manual').toBe(true);
  });

  it('has every command and option, and each setting once', () => {
    for (const entry of manual) {
      expect(page).toContain(`\n.SS ${entry.name}\n`);
      for (const { name } of optionsIn(entry)) expect(page).toContain(`\\fB\\-\\-${name.replaceAll('-', '\\-')}\\fR`);
    }
    expect(page.split('\\fB\\-\\-stall\\-min\\-ms\\fR')).toHaveLength(2);
  });

  it('is in ASCII, with no line that begins like a request but is none', () => {
    expect(page).toMatch(/^[\n\x20-\x7e]*$/);
    expect(page.split('\n').filter((line) => /^['.]/.test(line) && !/^\.(\\"|TH|SH|SS|PP|TP|br)( |$)/.test(line))).toEqual([]);
  });
});

describe('the completion of bash', () => {
  const complete = (...words: readonly string[]): readonly string[] => {
    const asked = words.map((word) => `'${word}'`).join(' ');
    const { stdout, stderr } = spawnSync('bash', ['-c', `${script('bash')}\nCOMP_WORDS=(davecast ${asked}); COMP_CWORD=${words.length}; _davecast; printf '%s\\n' "\${COMPREPLY[@]}"`], { encoding: 'utf8', cwd: 'demo' });
    expect(stderr).toBe('');
    return stdout.split('\n').filter((line) => line !== '');
  };

  it.skipIf(process.platform === 'win32')('completes commands, options, and their values', () => {
    expect(complete('st')).toEqual(['station']);
    expect(complete('edge', '--fallback-m')).toEqual(['--fallback-mount', '--fallback-ms']);
    expect(complete('edge', '--log-level', '')).toEqual(['debug', 'info', 'warn', 'error']);
    expect(complete('edge', '--http', '8')).toEqual([]);
    expect(complete('edge', '--config', 'programme-a')).toEqual(['programme-a.mp3']);
    expect(complete('config', 'ch')).toEqual(['check']);
  });
});

it.each(['zsh', 'fish'])('the completion of %s has every command and option, with quotes that match', (shell) => {
  const text = script(shell);
  for (const entry of manual) for (const { name } of optionsIn(entry)) expect(text).toContain(shell === 'fish' ? ` -l ${name} ` : `--${name}[`);
  // Of zsh a quote in quotes is '\'', of fish \'.
  const plain = shell === 'fish' ? text.replaceAll(String.raw`\'`, '') : text.replaceAll(String.raw`'\''`, '');
  expect(plain.split('\n').filter((line) => line.split("'").length % 2 === 0)).toEqual([]);
});

it('a shell is one of three', () => {
  expect(() => readDavecast(['completion'])).toThrow('completion: SHELL is missing, must be one of bash, zsh, fish');
  expect(() => readDavecast(['completion', 'csh'])).toThrow('unknown shell "csh"');
  expect(() => readDavecast(['completion', 'toString'])).toThrow('unknown shell "toString"');
});

it('options are completed by what stands for their values', () => {
  expect([{ name: 'x', help: '' }, { name: 'x', help: '', value: 'FILE' }, { name: 'x', help: '', value: 'PORT' }, { name: 'x', help: '', value: 'ROLE', oneOf: ['a'] }].map((option) => completionOf(option)?.kind)).toEqual([undefined, 'file', 'other', 'words']);
  expect(summaryOf('port for listeners; GET /healthz is answered')).toBe('port for listeners');
  expect(summaryOf('such as 192.0.2.0/24. What it says')).toBe('such as 192.0.2.0/24');
});
