// @ts-check
// What was asked of a job, in words, and whether the job has gone past it.

/** @typedef {import("../shared/job.js").Job} Job */
/** @typedef {import("../shared/job.js").Command} Command */

/** @type {Record<string, { noun: string, asked: (attempt: number) => string }>} */
const KINDS = {
  retry: {
    noun: "retry",
    asked: (attempt) => `Retry requested: its stage opens attempt ${attempt + 1}.`,
  },
  cancel: {
    noun: "cancel",
    asked: () => "Cancel requested: the stage that holds the job carries it out.",
  },
  release: {
    noun: "release",
    asked: () => "Asked to run now: the stage that holds it begins at once.",
  },
  reprocess: {
    noun: "run",
    asked: (attempt) => `Asked to run again: attempt ${attempt + 1} is opened.`,
  },
  forget: {
    noun: "forgetting",
    asked: () => "Asked to be forgotten: it goes from here in a moment.",
  },
};

/** Whether the job tells of the command itself, or has gone past it.
 * @param {Job} job @param {Command | null} command */
export function isTold(job, command) {
  if (!command) return false;
  return job.command?.command_id === command.command_id || isPast(job, command);
}

/** @param {Job} job @param {Command} command */
export function isPast(job, { kind, attempt }) {
  if (job.attempt > attempt) return true;
  if (kind === "release") return job.status !== "SCHEDULED";
  return kind === "cancel" && job.terminal;
}

/** @param {Command | null | undefined} command @param {Job} job */
export function commandWords(command, job) {
  if (!command) return "";
  const { kind, state, attempt } = command;
  const words = KINDS[kind] ?? { noun: kind, asked: () => `${kind} requested.` };
  const reason = command.reason ? `: ${command.reason}` : "";
  if (state === "refused") return `The ${words.noun} was refused${reason || "."}`;
  if (state === "late") return `The ${words.noun} came too late${reason || ": the job was over."}`;
  // Carried out, it is what the status says.
  if (state === "accepted" || isPast(job, command)) return "";
  return words.asked(attempt);
}
