/** What a listener experienced of one fault: from when it began until the next one did. */
export interface Experience {
  readonly missingMs: number;
  readonly repeatedMs: number;
  readonly garbledMs: number;
  readonly silentMs: number;
  /** Places at which the programme did not go on. */
  readonly splices: number;
  /** The longest time without data, */
  readonly stallMs: number;
  /** and what a player must have held at its best moment to hear no silence. */
  readonly bufferMs: number;
  /** Lines of ffmpeg and mpg123 about the recording. */
  readonly complaints: number;
  readonly disconnects: number;
  /** How often the system says it has switched; null where it does not say. */
  readonly switches: number | null;
}

/** One rig and one kind of fault. */
export interface SessionResult {
  readonly system: string;
  readonly codec: string;
  readonly fault: string;
  readonly rounds: readonly Experience[];
  /** Before the first fault: the longest pause, and whatever is wrong all the same. */
  readonly calm: Experience | null;
  /** Some of what the decoders said, and the programs of the rig. */
  readonly said: readonly string[];
  /** What the system told of its switches. */
  readonly told: readonly Readonly<Record<string, unknown>>[];
  /** Why there is no result. */
  readonly problem?: string;
}
