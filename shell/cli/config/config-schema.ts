import { formerSettingNames } from '../../../core/config/former-names.ts';
import { settingNames } from '../../../core/config/settings.ts';
import { MOUNTS_KEY, optionsByKey } from './config-file.ts';
import { mountsSchema, settingSchema } from '../mounts/mount-schema.ts';
import type { Option } from '../options/options.ts';
import { kindOf } from '../options/value-kinds.ts';

/** The JSON Schema (draft 2020-12) of a configuration file, for editors and the checks of others. `options`: of all commands. */
export function configSchema(options: readonly Option[]): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Davecast configuration',
    type: 'object',
    additionalProperties: false,
    properties: {
      ...Object.fromEntries([...optionsByKey(options)].map(([key, same]) => [key, optionSchema(same)])),
      ...Object.fromEntries(settingNames.map((name) => [name, settingSchema(name)])),
      ...Object.fromEntries([...formerSettingNames].map(([former, name]) => [former, { deprecated: true, ...settingSchema(name), description: `now called ${name}` }])),
      [MOUNTS_KEY]: mountsSchema(),
    },
  };
}

/** Of options of one name, which can be others from command to command. */
function optionSchema(same: readonly Option[]): object {
  const values = distinct(same.flatMap((option) => {
    const item = kindOf(option)?.schema ?? { type: 'boolean' };
    return option.repeated === true ? [item, { type: 'array', items: item }] : [item];
  }));
  return { description: same[0]!.help, ...(values.length === 1 ? values[0] : { anyOf: values }) };
}

function distinct(schemas: readonly object[]): readonly object[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}
