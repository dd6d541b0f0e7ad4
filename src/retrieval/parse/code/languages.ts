/** How a language begins what others call by name. Each expression is tried on one line without its indentation; the first group is the name. */
export interface Language {
  readonly extensions: readonly string[];
  readonly declarations: readonly RegExp[];
}

/** Words before a declaration, in any order. */
const MODIFIERS =
  '(?:(?:public|private|protected|internal|static|final|abstract|sealed|override|virtual|async|export|default|declare|open|data|inline|' +
  'suspend|partial|readonly|unsafe|extern|const|pub(?:\\([^()]{0,40}\\))?|fileprivate|mutating|lazy|case|implicit|native|synchronized|strictfp) ){0,8}';
const declared = (words: string): RegExp =>
  new RegExp(`^${MODIFIERS}((?:${words})\\*? {1,4}[\\p{L}_$][\\p{L}\\p{N}_$.:?!=]{0,200})`, 'u');
/** `Type name(parameters) {`, over what a line may hold of it; never a call, which ends in `;`. */
const TYPED_FUNCTION = new RegExp(
  `^(?!(?:return|else|new|throw|if|for|while|switch|catch|do|case|using|lock|await|yield|delete|goto|sizeof|typedef)\\b)` +
    `${MODIFIERS}(?:<[^<>]{0,100}> )?(?:[\\p{L}_][\\p{L}\\p{N}_.:<>,?\\[\\]&*]{0,100}[ *&]{1,4}){0,4}(~?[\\p{L}_][\\p{L}\\p{N}_:~]{0,200})\\s{0,2}\\([^;]{0,500}$`,
  'u',
);
const SCRIPT_FUNCTION = new RegExp(
  `^${MODIFIERS}(?:let |var )?([\\p{L}_$][\\p{L}\\p{N}_$]{0,200})(?:: [^=]{0,200})? = (?:async )?(?:function\\b|\\([^()]{0,300}\\)(?:: [^=]{0,100})? =>|[\\p{L}_$][\\p{L}\\p{N}_$]{0,100} =>)`,
  'u',
);
const SCRIPT_METHOD = new RegExp(
  `^(?!(?:if|for|while|switch|catch|return|function|with|do|else|await|super|describe|it|test|expect)\\b)${MODIFIERS}(?:get |set |\\*)?(#?[\\p{L}_$][\\p{L}\\p{N}_$]{0,200})(?:<[^<>]{0,100}>)?\\([^;]{0,500}\\{$`,
  'u',
);

export const LANGUAGES: readonly Language[] = [
  {
    extensions: ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs', 'vue', 'svelte'],
    declarations: [declared('class|interface|enum|namespace|module|function|type'), SCRIPT_FUNCTION, SCRIPT_METHOD],
  },
  {
    extensions: ['py', 'pyi', 'pyw'],
    declarations: [/^((?:class|(?:async )?def) {1,4}[\p{L}_][\p{L}\p{N}_]{0,200})/u],
  },
  {
    extensions: ['java', 'cs', 'kt', 'kts', 'scala', 'swift', 'dart', 'groovy'],
    declarations: [
      declared(
        'class|interface|enum|record|struct|trait|object|protocol|extension|actor|namespace|fun|func|def|@interface|mixin',
      ),
      TYPED_FUNCTION,
    ],
  },
  {
    extensions: ['c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'hh', 'hxx', 'cu', 'm', 'mm'],
    declarations: [declared('class|struct|union|enum class|enum|namespace'), TYPED_FUNCTION],
  },
  {
    extensions: ['go'],
    declarations: [
      /^(func (?:\([^()]{0,100}\) )?[\p{L}_][\p{L}\p{N}_]{0,200})/u,
      /^(type [\p{L}_][\p{L}\p{N}_]{0,200})/u,
    ],
  },
  {
    extensions: ['rs'],
    declarations: [
      declared('(?:unsafe |async |const ){0,3}fn|struct|enum|trait|mod|union|type|macro_rules!'),
      /^((?:unsafe )?impl\b[^{;]{0,200})/u,
    ],
  },
  {
    extensions: ['rb', 'rake'],
    declarations: [/^((?:class|module|def) {1,4}[\p{L}_][\p{L}\p{N}_.:?!=]{0,200})/u],
  },
  { extensions: ['php'], declarations: [declared('class|interface|trait|enum|function')] },
  { extensions: ['lua'], declarations: [/^((?:local )?function [\p{L}_][\p{L}\p{N}_.:]{0,200})/u] },
  {
    extensions: ['sh', 'bash', 'zsh'],
    declarations: [/^((?:function )?[\w-]{1,200}) ?\(\) ?\{?/u, /^(function [\w-]{1,200})/u],
  },
  { extensions: ['pl', 'pm'], declarations: [/^((?:sub|package) [\w:]{1,200})/u] },
  { extensions: ['ex', 'exs'], declarations: [/^((?:defmodule|defp?|defmacrop?) [\w.?!]{1,200})/u] },
  { extensions: ['r'], declarations: [/^([\w.]{1,200}) (?:<-|=) function\b/u] },
  {
    extensions: ['sql'],
    declarations: [
      /^(create (?:or replace )?(?:temp(?:orary)? |unique |materialized )?(?:table|view|function|procedure|trigger|index|type)(?: if not exists)? [\w."`[\]]{1,200})/iu,
    ],
  },
];
