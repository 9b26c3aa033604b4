import { builtIn } from './built-in.ts';

/** In place of shell/process/version.ts: beside a single file there is no package.json. */
export const version: string = builtIn.version;
