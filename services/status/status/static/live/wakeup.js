// @ts-check
// Sleep and waking of the page: a laptop lid, a tab left alone, a network that comes back.

// Browsers allow six HTTP/1.1 connections a host, and every open tab holds one for its events.
const HIDDEN_BEFORE_SLEEP_MS = 30_000;
const TICK_MS = 5_000;
const TICKS_MISSED_IN_SLEEP_MS = 20_000;

/**
 * @param {{ onSleep: () => void, onWake: () => void }} handlers onWake may come without onSleep
 * @returns {() => void} stops watching
 */
export function watchWaking({ onSleep, onWake }) {
  const stop = new AbortController();
  const { signal } = stop;
  watchVisibility(onSleep, onWake, signal);
  watchTheClock(onWake, signal);
  addEventListener("online", onWake, { signal });
  addEventListener("pageshow", (event) => event.persisted && onWake(), { signal });
  return () => stop.abort();
}

/** @param {() => void} onSleep @param {() => void} onWake @param {AbortSignal} signal */
function watchVisibility(onSleep, onWake, signal) {
  let timer = 0;
  let asleep = false;
  const sleep = () => {
    asleep = true;
    onSleep();
  };
  const changed = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(sleep, HIDDEN_BEFORE_SLEEP_MS);
    else if (asleep) onWake();
    asleep = false;
  };
  document.addEventListener("visibilitychange", changed, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}

/** A visible page whose timer came much too late was asleep with its machine.
 * @param {() => void} onWake @param {AbortSignal} signal */
function watchTheClock(onWake, signal) {
  let last = Date.now();
  const timer = setInterval(() => {
    const late = Date.now() - last > TICKS_MISSED_IN_SLEEP_MS;
    last = Date.now();
    if (late && !document.hidden) onWake();
  }, TICK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}
