import { element } from './dom.ts';

/** How long a command waits to be confirmed: a tap by mistake does nothing. */
const CONFIRM_MS = 5_000;

/** Where answers to commands are told. */
export interface Answers {
  say(text: string, isBad: boolean): void;
}

/** Sends a command as the operator who is logged in, and says what came of it. */
export async function send(path: string, answers: Answers): Promise<boolean> {
  try {
    const response = await fetch(path, { method: 'POST', credentials: 'same-origin' });
    const text = await response.text();
    answers.say(messageIn(text) ?? (response.ok ? 'done' : `refused: ${response.status}`), !response.ok);
    return response.ok;
  } catch {
    answers.say('the command could not be sent', true);
    return false;
  }
}

export function withMount(page: string, mount: string, more: Readonly<Record<string, string>> = {}): string {
  return `/admin/${page}?${new URLSearchParams({ mount: `/${mount}`, ...more }).toString()}`;
}

/** A button that does nothing until it is pressed twice. */
export function confirmed(text: string, act: () => void, describedAs: string = text): HTMLButtonElement {
  let timer: number | undefined;
  const calm = (): void => {
    clearTimeout(timer);
    timer = undefined;
    button.textContent = text;
    button.classList.remove('armed');
  };
  const button: HTMLButtonElement = element('button', {
    'type': 'button',
    'aria-label': describedAs,
    'onclick': () => {
      if (timer === undefined) {
        timer = window.setTimeout(calm, CONFIRM_MS);
        button.textContent = `Confirm: ${text.toLowerCase()}`;
        button.setAttribute('aria-label', `Confirm: ${describedAs}`);
        button.classList.add('armed');
        return;
      }
      calm();
      button.setAttribute('aria-label', describedAs);
      act();
    },
  }, [text]);
  return button;
}

/** As operators' pages and Icecast's answer. */
function messageIn(text: string): string | undefined {
  try {
    const { message, iceresponse } = JSON.parse(text) as { readonly message?: unknown; readonly iceresponse?: { readonly message?: unknown } };
    const said = message ?? iceresponse?.message;
    return typeof said === 'string' ? said : undefined;
  } catch {
    return undefined;
  }
}
