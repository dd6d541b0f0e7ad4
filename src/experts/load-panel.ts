import { z } from 'zod';
import type { ExpertProfile } from '../domain/panel/expert.js';
import { findCycle } from '../domain/panel/find-cycle.js';
import { MAX_EXPERTS, MAX_ROUNDS, WAYS } from '../domain/panel/panel.js';
import type { PanelLimits, Way } from '../domain/panel/panel.js';
import { faultOfUserMessage } from '../domain/session/user-message.js';
import { FileFaultsError, type FileFault } from './file-fault.js';
import { parseFrontMatter } from './front-matter.js';
import { expertName, type ExpertFile } from './parse-expert.js';
import { readSmallFile } from './read-small-file.js';
import { faultOfExpertUrl, remoteProfile } from './expert-url.js';
import { checkYaml, parseYaml, type YamlSource } from './yaml-source.js';

/** A panel as described in its file. The panel's own defaults apply to everything that is missing. */
export interface PanelFile {
  readonly file: string;
  /** The task, unless the command gives another one. */
  readonly task?: string;
  readonly way: Way;
  /** In a debate or a vote, this is the judge. */
  readonly coordinator?: ExpertProfile;
  /** In the order of the file. */
  readonly experts: readonly ExpertProfile[];
  readonly limits: PanelLimits;
}

const MAX_FILE_BYTES = 262_144;

const wholeNumber = (least: number, most: number) => {
  const fault = `give a whole number from ${least} to ${most}`;
  return z.number(fault).int(fault).min(least, fault).max(most, fault);
};

const memberSchema = z.strictObject({
  name: expertName(),
  after: z.array(expertName(), 'give a list of names, e.g. [law-expert]').optional(),
  url: z
    .string('give an address, e.g. http://127.0.0.1:5000')
    .superRefine((url, context) => {
      const fault = faultOfExpertUrl(url);
      if (fault !== undefined) context.addIssue(fault);
    })
    .optional(),
});

const panelSchema = z.strictObject({
  task: z
    .string('give a text')
    .trim()
    .superRefine((task, context) => {
      const fault = faultOfUserMessage({ messageId: 'x', text: task });
      if (fault !== undefined) context.addIssue(fault);
    })
    .optional(),
  way: z.enum(WAYS, `give one of ${WAYS.join(', ')}`).default('coordinator'),
  coordinator: expertName().optional(),
  judge: expertName().optional(),
  experts: z
    .array(
      z.preprocess((member) => (typeof member === 'string' ? { name: member } : member), memberSchema),
      'give a list of names',
    )
    .min(1, 'give at least one name')
    .max(MAX_EXPERTS, `give at most ${MAX_EXPERTS} names`),
  limits: z
    .strictObject({
      rounds: wholeNumber(1, MAX_ROUNDS).optional(),
      /** Wall-clock limit for the whole panel. */
      seconds: wholeNumber(1, 86_400).optional(),
      /** Limit for all experts together. */
      tokens: wholeNumber(1, 100_000_000).optional(),
      /** Number of experts asked at once. */
      parallel: wholeNumber(1, MAX_EXPERTS).optional(),
    })
    .optional(),
});

type PanelData = z.output<typeof panelSchema>;

/**
 * Loads a panel from a YAML file, or from the front matter of a Markdown file, whose body is then the task.
 *
 * @throws {FileFaultsError} with all faults of the file, including missing experts and experts that wait for each other
 */
export async function loadPanel(path: string, experts: readonly ExpertFile[]): Promise<PanelFile> {
  const read = await readSmallFile(path, MAX_FILE_BYTES);
  if ('fault' in read) throw new FileFaultsError([{ file: path, message: read.fault }]);
  const parsed = parsePanel(path, read.text, experts);
  if ('faults' in parsed) throw new FileFaultsError(parsed.faults);
  return parsed;
}

function parsePanel(
  file: string,
  text: string,
  experts: readonly ExpertFile[],
): PanelFile | { readonly faults: readonly FileFault[] } {
  const isMarkdown = /\.md$/iu.test(file);
  const parts = isMarkdown ? parseFrontMatter(file, text) : parseYaml(file, text, 1);
  if ('faults' in parts) return parts;
  const { source, body, bodyLine } = 'source' in parts ? parts : { source: parts, body: '', bodyLine: 1 };
  const checked = checkYaml(source, panelSchema);
  if ('faults' in checked) return checked;
  const { data } = checked;

  const faults = [...faultsOfRoles(source, data), ...faultsOfOrder(source, data)];
  if (body !== '' && data.task !== undefined) {
    faults.push({ file, line: bodyLine, message: 'The task is given twice: as "task" and below the front matter.' });
  }
  const known = new Map(experts.map(({ profile }) => [profile.name, profile]));
  const find = (name: string, path: readonly PropertyKey[]): ExpertProfile | undefined => {
    const profile = known.get(name);
    if (profile === undefined) {
      const list = [...known.keys()].join(', ') || 'none';
      faults.push({ file, line: source.lineOf(path), message: `There is no expert "${name}". Known: ${list}.` });
    }
    return profile;
  };
  const coordinator = data.coordinator === undefined ? undefined : find(data.coordinator, ['coordinator']);
  const judge = data.judge === undefined ? undefined : find(data.judge, ['judge']);
  const members = data.experts.flatMap(({ name, after = [], url }, index) => {
    const profile =
      url === undefined ? find(name, ['experts', index]) : remoteProfile(name, url, known.get(name)?.responsibility);
    return profile === undefined ? [] : [{ ...profile, ...(after.length > 0 && { after }) }];
  });
  if (faults.length > 0) return { faults };
  const task = data.task ?? (body === '' ? undefined : body);
  return {
    file,
    way: data.way,
    experts: members,
    limits: limitsOf(data),
    ...(task !== undefined && { task }),
    ...(judge ? { coordinator: judge } : coordinator && { coordinator }),
  };
}

function limitsOf({ limits: { rounds, seconds, tokens, parallel } = {} }: PanelData): PanelLimits {
  return {
    ...(rounds !== undefined && { rounds }),
    ...(seconds !== undefined && { deadlineSeconds: seconds }),
    ...(tokens !== undefined && { tokenBudget: tokens }),
    ...(parallel !== undefined && { expertsAtOnce: parallel }),
  };
}

/** Checks that the roles which the way of working needs are filled. */
function faultsOfRoles(source: YamlSource, { way, coordinator, judge }: PanelData): FileFault[] {
  const { file } = source;
  const line = source.lineOf(['way']);
  const faults: FileFault[] = [];
  if (way === 'coordinator' && coordinator === undefined)
    faults.push({ file, line, message: '"coordinator" is missing.' });
  if (way === 'debate' && judge === undefined)
    faults.push({ file, line, message: '"judge" is missing: a debate needs one.' });
  if (judge !== undefined && way !== 'debate' && way !== 'vote') {
    faults.push({
      file,
      line: source.lineOf(['judge']),
      message: `"judge" is for a debate or a vote, not for "way: ${way}".`,
    });
  }
  return faults;
}

/** Finds duplicate names, unknown names, and experts that wait for each other. */
function faultsOfOrder(source: YamlSource, { experts }: PanelData): FileFault[] {
  const { file } = source;
  const names = experts.map(({ name }) => name);
  const twice = names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [{ file, line: source.lineOf(['experts', index]), message: `Expert "${name}" is there already.` }],
  );
  const unknown = experts.flatMap(({ name, after = [] }, index) =>
    after.flatMap((before, place) =>
      names.includes(before)
        ? []
        : [
            {
              file,
              line: source.lineOf(['experts', index, 'after', place]),
              message: `"${name}" waits for "${before}", which is not in this panel. Its experts: ${names.join(', ')}.`,
            },
          ],
    ),
  );
  const cycle = findCycle(new Map(experts.map(({ name, after = [] }) => [name, after])));
  const first = cycle === undefined ? -1 : names.indexOf(cycle[0] ?? '');
  const circle =
    cycle === undefined
      ? []
      : [
          {
            file,
            line: source.lineOf(['experts', first]),
            message: `Experts wait for each other in a circle: ${cycle.join(' → ')}. Remove one "after".`,
          },
        ];
  return [...twice, ...unknown, ...circle];
}
