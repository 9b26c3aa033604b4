import { prettyFactory } from 'pino-pretty';

/** Makes a line for people of one of JSON. */
export function formatForPeople(): (line: string) => string {
  return prettyFactory({ colorize: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'role', singleLine: true });
}
