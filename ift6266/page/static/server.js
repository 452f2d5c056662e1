// Requests to the server, whose errors become Error with its words.

async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('The server does not answer: has it ended?');
  }
  if (response.ok) return response;
  const {error} = await response.json().catch(() => ({error: response.statusText}));
  const failure = new Error(sentence(error));
  failure.retry = response.status === 503 ? Number(response.headers.get('Retry-After')) : 0;
  throw failure;
}

// Try again while the server asks to wait; `tell` is called with its words.
async function patiently(request, signal, tell) {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!error.retry) throw error;
      tell(`${error.message} Trying again in a moment.`);
      await new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, 1000 * error.retry);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(new DOMException('', 'AbortError'));
        });
      });
    }
  }
}

function sentence(text) {
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}

export async function settings() {
  return (await ask('/settings')).json();
}

export async function open(file, signal, tell) {
  const request = () => ask('/photographs', {method: 'POST', body: file, signal});
  return (await patiently(request, signal, tell)).json();
}

export async function blob(path, signal) {
  return (await ask(path, {signal})).blob();
}

export function keep(name) {
  return ask(`/photographs/${name}`);
}

export function close(name) {
  fetch(`/photographs/${name}`, {method: 'DELETE', keepalive: true}).catch(() => {});
}

// Paint a mask; `tell` is called with each event but the last, which is returned.
export async function paint(name, mask, query, signal, tell) {
  const path = `/photographs/${name}/paintings?${new URLSearchParams(query)}`;
  const request = () => ask(path, {method: 'POST', body: mask, signal});
  const response = await patiently(request, signal, text => tell({full: text}));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const {value, done} = await reader.read().catch(error => {
      throw error.name === 'AbortError' ? error : new Error('The server has ended.');
    });
    if (done) throw new Error('The server has ended.');
    text += value;
    const lines = text.split('\n');
    text = lines.pop();
    for (const event of lines.map(JSON.parse)) {
      if (event.error) throw new Error(sentence(event.error));
      if (event.painted) return event;
      tell(event);
    }
  }
}
