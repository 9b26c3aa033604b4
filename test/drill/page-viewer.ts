import { HOST, type Running } from './running.ts';

/** What the page says is wrong. */
interface Problem {
  readonly mount?: string;
  readonly text: string;
}

interface Told {
  readonly parts: Readonly<Record<string, { readonly problems?: readonly Problem[] }>>;
}

/** One who has the page of a process open, as a browser has, and sees what is wrong. */
export class PageViewer {
  readonly #seen: { readonly atMs: number; readonly problems: readonly Problem[] }[] = [];
  readonly #end = new AbortController();

  /** Opens it; resolves when the whole of it is there. */
  async open(process: Running): Promise<void> {
    const answer = await fetch(`http://${HOST}:${process.port('http')}/page/events`, { signal: this.#end.signal });
    const events = answer.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    let rest = '';
    const next = async (): Promise<boolean> => {
      const { value, done } = await events.next();
      const whole = (rest + (value ?? '')).split('\n\n');
      rest = whole.pop()!;
      for (const event of whole) this.#take(event);
      return done !== true;
    };
    while (this.#seen.length === 0 && (await next()));
    void (async () => {
      while (await next());
    })().catch(() => undefined);
  }

  /** When it said first, at `sinceMs` or later, that something is wrong with a mountpoint, or with the process. */
  said(mount: string | undefined, text: RegExp, sinceMs: number): number | undefined {
    return this.#seen.find(({ atMs, problems }) => atMs >= sinceMs && problems.some((problem) => problem.mount === mount && text.test(problem.text)))?.atMs;
  }

  close(): void {
    this.#end.abort();
  }

  #take(event: string): void {
    const data = event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n');
    if (data === '') return;
    const problems = (JSON.parse(data) as Told).parts['problems']?.problems;
    if (problems !== undefined) this.#seen.push({ atMs: Date.now(), problems });
  }
}
