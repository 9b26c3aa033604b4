import { writeFileSync } from 'node:fs';
import { optionsOfAll } from '../../shell/bin/commands/commands.ts';
import { schemaText } from '../../shell/bin/commands/config-command.ts';
import { manualPage } from '../../shell/bin/manual.ts';

/** Writes what docs/ has of the tables of commands, options and settings: npm run manual */
for (const [name, text] of [['config.schema.json', schemaText(optionsOfAll)], ['davecast.1', manualPage()]] as const) {
  writeFileSync(new URL(`../../docs/${name}`, import.meta.url), text);
}
