const ADDRESS = '/api/beacons';
const MAX_ERRORS = 10;
const MAX_LENGTH = 500;

type Beacon = { type: 'page-load'; durationMs: number } | { type: 'error'; message: string };

function send(beacon: Beacon): void {
  // sendBeacon outlives the page, so that an error just before it is closed arrives too.
  navigator.sendBeacon(ADDRESS, new Blob([JSON.stringify(beacon)], { type: 'application/json' }));
}

function reportPageLoad(): void {
  const [navigation] = performance.getEntriesByType('navigation');
  if (navigation) send({ type: 'page-load', durationMs: Math.round(navigation.duration) });
}

/** Reports how long the page took to load, and the first errors nobody caught; a page that fails in a loop goes silent. */
export function startBeacons(): void {
  let errors = 0;
  const reportError = (message: string): void => {
    errors += 1;
    if (errors <= MAX_ERRORS) send({ type: 'error', message: message.slice(0, MAX_LENGTH) || 'unknown' });
  };
  addEventListener('error', (event) => reportError(event.message));
  addEventListener('unhandledrejection', (event) => reportError(String(event.reason)));
  // The duration is only known once the load event is over.
  const later = (): void => void setTimeout(reportPageLoad);
  if (document.readyState === 'complete') later();
  else addEventListener('load', later);
}
