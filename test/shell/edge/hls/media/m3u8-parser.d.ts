/** What is used of it here. */
declare module 'm3u8-parser' {
  export class Parser {
    push(text: string): void;
    addParser(options: { readonly expression: RegExp; readonly customType: string; readonly segment: boolean }): void;
    end(): void;
    on(what: 'warn', told: (warning: unknown) => void): void;
    readonly manifest: {
      readonly mediaSequence: number;
      readonly discontinuitySequence: number;
      readonly targetDuration: number;
      readonly endList?: boolean;
      readonly partTargetDuration?: number;
      readonly preloadSegment?: Readonly<Record<string, unknown>>;
      readonly serverControl?: Readonly<Record<string, unknown>>;
      readonly segments: readonly { readonly uri: string; readonly duration: number; readonly parts?: readonly Readonly<Record<string, unknown>>[]; readonly discontinuity?: boolean; readonly custom?: { readonly gap?: string }; readonly programDateTime?: number }[];
      readonly playlists?: readonly { readonly uri: string; readonly attributes: Readonly<Record<string, unknown>> }[];
    };
  }
}
