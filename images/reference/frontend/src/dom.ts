/** The element with this id, of this kind; a page without it is a mistake in index.html. */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`index.html has no ${kind.name} with the id ${id}`);
  return found;
}

/** The text of a form's field. */
export function field(form: FormData, name: string): string {
  return String(form.get(name) ?? '');
}

/** Runs `action` with the form's data when it is sent: locked meanwhile, and with the problem shown below the fields. */
export function onSubmit(form: HTMLFormElement, action: (data: FormData) => Promise<void>): void {
  const button = form.querySelector('button');
  const problem = form.querySelector('.problem');
  if (!button || !problem) throw new Error(`the form ${form.id} needs a button and a place for problems`);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.textContent = '';
    button.disabled = true;
    try {
      await action(new FormData(form));
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      button.disabled = false;
    }
  });
}
