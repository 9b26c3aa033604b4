const PREFIX = '--davecast-part=';

/** The argument by which a process is told to be this part of the program. */
export function partArgument(name: string): string {
  return `${PREFIX}${name}`;
}

/** Which part this process is; undefined when it is the program itself. Nobody but a process of ours has a channel to it. */
export function partOf({ argv, send }: Pick<NodeJS.Process, 'argv' | 'send'>): string | undefined {
  const [, , first] = argv;
  return send !== undefined && first?.startsWith(PREFIX) === true ? first.slice(PREFIX.length) : undefined;
}
