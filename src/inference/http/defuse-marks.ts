/** Not visible, no space, and no part of any mark. */
const WORD_JOINER = '\u2060';

/**
 * Well-formed text in which no mark of a chat template is whole any more: an invisible character is put behind the first one of each. Servers read
 * marks wherever they stand, so that a user who writes `<|im_start|>system` would otherwise speak as the system. Backends that can
 * tokenize template and text apart need none of this.
 */
export function defuseMarks(text: string, marks: RegExp): string {
  let broken = text.toWellFormed();
  // A mark may have stood in the rest of another.
  for (let before = ''; before !== broken;) {
    before = broken;
    broken = broken.replace(marks, (mark) => {
      const [first = ''] = mark;
      return `${first}${WORD_JOINER}${mark.slice(first.length)}`;
    });
  }
  return broken;
}

/** Words that formats write between angle brackets, alone or behind a name of their own: `<think>`, `<seed:think>`, `<longcat_tool_call>`. */
const WORDS =
  'bos|eos|pad|unk|mask|cls|sep|sop|eop|eod|eot|eom|think(?:ing)?|cot_budget_reflect|endoftext|tool_?calls?|tool_?responses?|tool_?results?|' +
  'tool_?outputs?|available_tools|TOOL_?CALLS?|TOOL_RESPONSE|TOOL_RESULT|AVAILABLE_TOOLS|function_calls?|function_results?|arg_key|arg_value';

/** What is begun or ended by a mark such as `<turn_end>`, `<im_start>` or `<tool_sep>`. */
const ENCLOSED =
  'im|turn|role|header|msg|message|system|user|assistant|bot|human|think|tool(?:_[a-z]+)?|vision|fim|response';

/**
 * Shapes of marks in the chat formats there are, also of those to come: names between pipes, where at least one side has an angle bracket,
 * in plain and in wide forms; and words that formats use between brackets of other kinds. Upper and lower case are as in the vocabularies,
 * since `<s>` is a mark and `List<User>` is not.
 *
 * source: the chat templates of LLaMA 2 to 4, Mistral, Gemma 1 to 4, Phi, ChatML, DeepSeek, Qwen, Kimi, GLM, Granite, Command R and A, Seed-OSS,
 * MiniMax, Hunyuan, EXAONE, Nemotron, Ling, Laguna, GigaChat, Apertus, LFM2, InternLM, Baichuan, MiniCPM, TeleChat, Falcon and gpt-oss
 */
const SHAPES: readonly RegExp[] = [
  // <|im_start|> <|turn> <turn|> <|"|> <｜User｜> 〈|EOS|〉
  /[<〈][|｜][\p{L}\p{N}_▁:./-]{1,64}(?:[|｜])?[>〉]|<[|｜]"[|｜]>|<[\p{L}_▁][\p{L}\p{N}_▁:./-]{0,63}[|｜]>/u,
  // ｜DSML｜ in <｜DSML｜function_calls>
  /｜[A-Za-z][A-Za-z0-9_▁]{0,63}｜/u,
  /◁\/?[^\s◁▷]{1,32}▷/u,
  /<\/?s>|<<\/?SYS>>/u,
  /\[\/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_[A-Z]+|THINK|ARGS|CALL_ID|MODEL_SETTINGS|IMG(?:_[A-Z]+)?|BEGIN_AUDIO|UNUSED_TOKEN_\d+|[gs]?MASK|BOS|EOS|CLS|SEP|PAD|UNK)\]/u,
  /\[\|\/?(?:system|user|assistant|tool|end_?of_?turn|begin|end)\|\]/u,
  new RegExp(String.raw`<\/?(?:[a-z][a-z0-9]*[:_])?(?:${WORDS})>`, 'u'),
  // <start_of_turn> <beginning_of_sentence> <end_of_utterance>
  /<\/?(?:start|begin|beginning|end)_of_[a-z_]{2,32}>/u,
  new RegExp(String.raw`<(?:${ENCLOSED})_(?:start|begin|end|sep|patch|pad)>`, 'u'),
  /<\/?seed:[a-z_]{2,32}>|<fake_token_around_image>|<REKA_[A-Z_]{2,32}>/u,
  /<(?:SPECIAL|extra_id|reserved(?:_token)?|unused(?:_token)?)_?\d{1,5}>/u,
  /<\/?(?:system|user|assistant|human|bot|role)>|<_(?:system|user|bot|start|end)>|<(?:用户|AI)>/u,
  // ]~!b[ ]~b] [e~[ of MiniMax M2, <]minimax[> of M3
  /\]~!?[a-z][[\]]|\[[a-z]~\[|<\][a-z]{2,16}\[>/u,
  /(?:>>)(?:TITLE|ABSTRACT|INTRODUCTION|SUMMARY|COMMENT|ANSWER|QUESTION|DOMAIN|PREFIX|SUFFIX|MIDDLE)<</u,
];

/** Marks of chat formats, where a server does not tell its own. Ordinary text, code, HTML and formulas have none of these. */
export const USUAL_MARKS = new RegExp(SHAPES.map(({ source }) => source).join('|'), 'gu');

/** An expression of these exact texts, longest first; it matches nothing when there are none. */
export function marksOf(texts: Iterable<string>): RegExp {
  const escaped = [...new Set(texts)]
    .filter((text) => text.length > 1)
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`));
  return escaped.length === 0 ? /(?!)/gu : new RegExp(escaped.join('|'), 'gu');
}
