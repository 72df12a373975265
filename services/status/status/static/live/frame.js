// @ts-check

// A hidden page paints no frames, but its title still has to move.
const LATEST_MS = 250;

/** Returns a function that, however often it is called, runs `paint` once a frame.
 * @param {() => void} paint */
export function oncePerFrame(paint) {
  let frame = 0;
  let timer = 0;
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = 0;
    paint();
  };
  return () => {
    if (frame) return;
    frame = requestAnimationFrame(run);
    timer = setTimeout(run, LATEST_MS);
  };
}
