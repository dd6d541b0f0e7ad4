/** Invisible, not a space, and not part of any mark. */
const WORD_JOINER = '\u2060';

/**
 * Returns well-formed text in which every mark of a chat template is broken by an invisible character after its first one. Servers
 * interpret marks wherever they stand, so a user who writes `<|im_start|>system` could otherwise speak as the system. Backends that can
 * tokenize template and text separately do not need this.
 */
export function defuseMarks(text: string, marks: RegExp): string {
  let broken = text.toWellFormed();
  // The rest of a broken mark may contain another mark.
  for (let before = ''; before !== broken;) {
    before = broken;
    broken = broken.replace(marks, (mark) => {
      const [first = ''] = mark;
      return `${first}${WORD_JOINER}${mark.slice(first.length)}`;
    });
  }
  return broken;
}

/** Words that formats write between angle brackets, alone or after a prefix: `<think>`, `<seed:think>`, `<longcat_tool_call>`. */
const WORDS =
  'bos|eos|pad|unk|mask|cls|sep|sop|eop|eod|eot|eom|think(?:ing)?|cot_budget_reflect|endoftext|tool_?calls?|tool_?responses?|tool_?results?|' +
  'tool_?outputs?|available_tools|TOOL_?CALLS?|TOOL_RESPONSE|TOOL_RESULT|AVAILABLE_TOOLS|function_calls?|function_results?|arg_key|arg_value';

/** Words for the things that marks such as `<turn_end>`, `<im_start>` or `<tool_sep>` begin or end. */
const ENCLOSED =
  'im|turn|role|header|msg|message|system|user|assistant|bot|human|think|tool(?:_[a-z]+)?|vision|fim|response';

/**
 * Shapes of marks in existing chat formats, chosen to cover future ones as well: names between pipes with an angle bracket on at least one
 * side, in plain and in wide forms; and words that formats use between other kinds of brackets. They are case-sensitive as in the
 * vocabularies, since `<s>` is a mark and `List<User>` is not.
 *
 * source: the chat templates of LLaMA 2 to 4, Mistral, Gemma 1 to 4, Phi, ChatML, DeepSeek, Qwen, Kimi, GLM, Granite, Command R and A,
 * Seed-OSS, MiniMax, Hunyuan, EXAONE, Nemotron, Ling, Laguna, GigaChat, Apertus, LFM2, InternLM, Baichuan, MiniCPM, TeleChat, Falcon and
 * gpt-oss
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

/** Marks of chat formats, for servers that do not report their own. Ordinary text, code, HTML and formulas contain none of these. */
export const USUAL_MARKS = new RegExp(SHAPES.map(({ source }) => source).join('|'), 'gu');

/** A regular expression for exactly these texts, longest first; it matches nothing if there are none. */
export function marksOf(texts: Iterable<string>): RegExp {
  const escaped = [...new Set(texts)]
    .filter((text) => text.length > 1)
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`));
  return escaped.length === 0 ? /(?!)/gu : new RegExp(escaped.join('|'), 'gu');
}
