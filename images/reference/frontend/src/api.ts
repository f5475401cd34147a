export interface Post {
  id: string;
  title: string;
  body: string;
  author: { id: string; name: string };
  createdAt: string;
}

export interface Session {
  accessToken: string;
  user: { id: string; email: string; name: string };
}

/** A refusal of the backend, with sentences for the person at the screen. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    messages: string[],
  ) {
    super(messages.join('. '));
  }
}

async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`/api${path}`, init);
  if (response.ok) return (await response.json()) as T;
  throw new ApiError(response.status, await reasons(response));
}

async function reasons(response: Response): Promise<string[]> {
  if (response.status === 429) return ['Too many requests, try again in a moment'];
  if (response.status >= 500) return ['The server has a problem, try again in a moment'];
  try {
    const { message } = (await response.json()) as { message: string | string[] };
    return Array.isArray(message) ? message : [message];
  } catch {
    return [`The server answered with status ${response.status}`];
  }
}

function send<T>(path: string, body: unknown, token?: string): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  return call<T>(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

export const api = {
  posts: () => call<Post[]>('/posts'),
  login: (body: { email: string; password: string }) => send<Session>('/auth/login', body),
  register: (body: { email: string; name: string; password: string }) => send<Session>('/auth/register', body),
  publish: (token: string, body: { title: string; body: string }) => send<Post>('/posts', body, token),
};
