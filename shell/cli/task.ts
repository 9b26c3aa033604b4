/** Something that a command line asks for and that is done at once: tells its lines; rejects with a StartError when it cannot be done. */
export type Task = (out: (text: string) => void) => Promise<void>;
