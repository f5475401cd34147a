import type { Session } from './api';

const KEY = 'daira.session';

/** Who is logged in. It is kept for this tab only and forgotten with it. */
export const session = {
  get(): Session | undefined {
    const stored = sessionStorage.getItem(KEY);
    return stored ? (JSON.parse(stored) as Session) : undefined;
  },
  set(value: Session): void {
    sessionStorage.setItem(KEY, JSON.stringify(value));
  },
  clear(): void {
    sessionStorage.removeItem(KEY);
  },
};
