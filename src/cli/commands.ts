import type { Command } from 'commander';
import { COMMAND_NAMES, type CommandName } from './command-names.js';

type AddCommand = (program: Command, setExitCode: (code: number) => void) => void;

/** Each command is loaded when it is named: a program that lists sessions loads no parser of documents. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<AddCommand>>> = {
  start: async () => (await import('./stack/start.js')).addStartCommand,
  chat: async () => (await import('./chat/add-chat-command.js')).addChatCommand,
  send: async () => (await import('./session/send.js')).addSendCommand,
  transcript: async () => (await import('./session/transcript.js')).addTranscriptCommand,
  sessions: async () => (await import('./session/sessions.js')).addSessionsCommand,
  regenerate: async () => (await import('./session/branches.js')).addRegenerateCommand,
  edit: async () => (await import('./session/branches.js')).addEditCommand,
  branch: async () => (await import('./session/branches.js')).addBranchCommand,
  set: async () => (await import('./session/settings.js')).addSetCommand,
  rename: async () => (await import('./session/settings.js')).addRenameCommand,
  approve: async () => (await import('./session/approvals.js')).addApproveCommand,
  refuse: async () => (await import('./session/approvals.js')).addRefuseCommand,
  cancel: async () => (await import('./session/cancel.js')).addCancelCommand,
  fork: async () => (await import('./session/fork.js')).addForkCommand,
  export: async () => (await import('./session/export.js')).addExportCommand,
  usage: async () => (await import('./session/usage.js')).addUsageCommand,
  ask: async () => (await import('./answer/ask.js')).addAskCommand,
  panel: async () => (await import('./panel/panel.js')).addPanelCommand,
  panels: async () => (await import('./panel/panels.js')).addPanelsCommand,
  end: async () => (await import('./session/end.js')).addEndCommand,
  delete: async () => (await import('./session/delete.js')).addDeleteCommand,
  complete: async () => (await import('./models/complete.js')).addCompleteCommand,
  'inspect-tokens': async () => (await import('./models/inspect-tokens.js')).addInspectTokensCommand,
  models: async () => (await import('./models/index.js')).addModelsCommand,
  tools: async () => (await import('./tools/tools.js')).addToolsCommand,
  kb: async () => (await import('./knowledge/kb.js')).addKbCommand,
  expert: async () => (await import('./panel/expert.js')).addExpertCommand,
  experts: async () => (await import('./panel/experts.js')).addExpertsCommand,
  worker: async () => (await import('./stack/worker.js')).addWorkerCommand,
  database: async () => (await import('./stack/database.js')).addDatabaseCommand,
  deploy: async () => (await import('./stack/deploy.js')).addDeployCommand,
  doctor: async () => (await import('./stack/doctor.js')).addDoctorCommand,
};

/** Options before the command that take a value. */
const GLOBAL_VALUES = new Set(['--temporal', '--namespace']);

/** The commands that a call needs to be told of: the one that it names; else all, for the help or the message that names the nearest. */
export async function loadCommands(argv: readonly string[]): Promise<AddCommand[]> {
  const [word] = wordsAfterOptions(argv);
  if (word === '--version' || word === '-V') return [];
  const named = COMMAND_NAMES.find((name) => name === word);
  return Promise.all((named === undefined ? COMMAND_NAMES : [named]).map((name) => COMMANDS[name]()));
}

/** Without the options of the program itself, which come before its command. */
function wordsAfterOptions(argv: readonly string[]): readonly string[] {
  const [word = '', ...rest] = argv;
  if (word === '--verbose' || /^--(?:temporal|namespace)=/u.test(word)) return wordsAfterOptions(rest);
  return GLOBAL_VALUES.has(word) ? wordsAfterOptions(rest.slice(1)) : argv;
}
