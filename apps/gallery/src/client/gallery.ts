// What the pages can do beyond their forms. It is sent to the browser as it stands, without its types.

const uploadsAtOnce = 3;

const form = document.querySelector<HTMLFormElement>('#upload');
if (form !== null) enhanceUpload(form);
enhanceKeys();

/** Files are sent one by one, as soon as they are chosen or dropped, each with its progress. */
function enhanceUpload(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>('input[type=file]');
  const list = document.querySelector<HTMLUListElement>('#uploads');
  if (input === null || list === null) return;
  form.classList.add('enhanced');
  form.querySelector('.drop-hint')?.removeAttribute('hidden');

  const send = (files: readonly File[]) => void sendAll(files, form, list);
  input.addEventListener('change', () => {
    send(Array.from(input.files ?? []));
    input.value = '';
  });
  form.addEventListener('submit', (event) => event.preventDefault());

  // Enter and leave come for every element on the way, so they are counted.
  let depth = 0;
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const showTarget = (shown: boolean) => document.body.classList.toggle('dropping', shown);
  document.addEventListener('dragenter', (event) => {
    if (hasFiles(event)) showTarget((depth += 1) > 0);
  });
  document.addEventListener('dragleave', (event) => {
    if (hasFiles(event)) showTarget((depth = Math.max(0, depth - 1)) > 0);
  });
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    showTarget(false);
    send(Array.from(event.dataTransfer?.files ?? []));
  });
}

async function sendAll(files: readonly File[], form: HTMLFormElement, list: HTMLUListElement): Promise<void> {
  if (files.length === 0) return;
  list.hidden = false;
  const entries = files.map((file) => ({ file, entry: addEntry(list, file.name) }));
  announce(files.length === 1 ? 'Uploading 1 image.' : `Uploading ${files.length} images.`);
  const waiting = Array.from(entries);
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await sendOne(next.file, form, next.entry);
      next.entry.finish(outcome);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: uploadsAtOnce }, work));
  await showImages();
  const count = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
  const parts = [
    [count('added'), 'added'],
    [count('present'), 'already here'],
    [count('refused'), 'not added'],
  ] as const;
  announce(`${parts.flatMap(([number, what]) => (number > 0 ? `${number} ${what}` : [])).join(', ')}.`);
}

type Outcome =
  | { readonly kind: 'added' }
  | { readonly kind: 'present' }
  | { readonly kind: 'refused'; readonly why: string };

type Entry = { readonly progress: (share: number) => void; readonly finish: (outcome: Outcome) => void };

/** A line of the list of uploads. One that went well is taken away after a while; one that did not stays to be read. */
function addEntry(list: HTMLUListElement, fileName: string): Entry {
  const item = document.createElement('li');
  const name = document.createElement('span');
  const bar = document.createElement('progress');
  const state = document.createElement('span');
  name.className = 'file';
  name.textContent = fileName;
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute('aria-label', fileName);
  state.className = 'state';
  state.textContent = 'Waiting';
  item.append(name, bar, state);
  list.append(item);

  const remove = () => {
    item.remove();
    list.hidden = list.childElementCount === 0;
  };
  return {
    progress(share) {
      bar.value = share;
      state.textContent = share < 1 ? `${Math.round(share * 100)} %` : 'Making a thumbnail';
      if (share === 1) bar.removeAttribute('value');
    },
    finish(outcome) {
      bar.remove();
      item.classList.add(outcome.kind);
      if (outcome.kind === 'refused') {
        state.textContent = outcome.why;
        const dismiss = document.createElement('button');
        dismiss.type = 'button';
        dismiss.textContent = 'Dismiss';
        dismiss.setAttribute('aria-label', `Dismiss ${fileName}`);
        dismiss.addEventListener('click', remove);
        item.append(dismiss);
        return;
      }
      state.textContent = outcome.kind === 'added' ? 'Added' : 'Already here';
      setTimeout(remove, 4000);
    },
  };
}

function sendOne(file: File, form: HTMLFormElement, entry: Entry): Promise<Outcome> {
  const { maxBytes, maxSize } = form.dataset;
  if (file.size > Number(maxBytes)) {
    return Promise.resolve({ kind: 'refused', why: `larger than ${maxSize ?? 'the limit'}` });
  }
  return new Promise((resolve) => {
    // fetch does not tell how much of a body has been sent.
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append('images', file);
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      entry.progress(total > 0 ? loaded / total : 0),
    );
    request.addEventListener('load', () => {
      if (request.status === 429 || request.status === 503) {
        const seconds = Number(request.getResponseHeader('retry-after') ?? 1);
        setTimeout(() => void sendOne(file, form, entry).then(resolve), seconds * 1000);
      } else if (request.status === 201) resolve({ kind: 'added' });
      else if (request.status === 200) resolve({ kind: 'present' });
      else resolve({ kind: 'refused', why: reasonIn(request.responseText) });
    });
    request.addEventListener('error', () =>
      resolve({ kind: 'refused', why: 'the gallery could not be reached' }),
    );
    request.open('POST', '/api/images');
    request.send(body);
  });
}

function reasonIn(text: string): string {
  try {
    const problem: unknown = JSON.parse(text);
    if (problem instanceof Object && 'detail' in problem) return String(problem.detail);
  } catch {
    // Not from the gallery itself; what it says is of no use to anybody here.
  }
  return 'it was not taken';
}

/** Brings the images of this page up to date, and leaves the rest of it alone. */
async function showImages(): Promise<void> {
  const response = await fetch(location.href).catch(() => undefined);
  if (response?.ok !== true) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const id of ['images', 'count']) {
    const [there, here] = [fresh.getElementById(id), document.getElementById(id)];
    if (there !== null && here !== null) here.replaceChildren(...there.childNodes);
  }
}

function announce(text: string): void {
  const announcement = document.querySelector('#announcement');
  if (announcement !== null) announcement.textContent = text;
}

/** Left and right go to the newer and the older image, Escape goes back to all of them. */
function enhanceKeys(): void {
  const links = { ArrowLeft: '#prev', ArrowRight: '#next', Escape: '#back' } as const;
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const key = Object.entries(links).find(([name]) => name === event.key);
    if (key !== undefined) document.querySelector<HTMLAnchorElement>(key[1])?.click();
  });
}
