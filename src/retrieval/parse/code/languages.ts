/** How a language begins what others call by name. Each expression is tried on one line without its indentation; the first group is the name. */
export interface Language {
  readonly extensions: readonly string[];
  readonly declarations: readonly RegExp[];
  /** Those that only lines without indentation have. */
  readonly atMargin?: readonly RegExp[];
  /** What holds text over several lines that declares nothing: comments as in C, or strings between three quotes. */
  readonly holds?: 'comments' | 'strings';
}

/** Words before a declaration, in any order. */
const MODIFIERS =
  '(?:(?:public|private|protected|internal|static|final|abstract|sealed|override|virtual|async|export|default|declare|open|data|inline|' +
  'suspend|partial|readonly|unsafe|extern|const|pub(?:\\([^()]{0,40}\\))?|fileprivate|mutating|lazy|case|implicit|native|synchronized|strictfp) ){0,8}';
const declared = (words: string): RegExp =>
  new RegExp(`^${MODIFIERS}((?:${words})\\*? {1,4}[\\p{L}_$][\\p{L}\\p{N}_$.:?!=]{0,200})`, 'u');
/** What begins a statement, where a declaration has a type or a name. */
const STATEMENTS =
  '(?!(?:return|else|new|throw|if|for|foreach|while|switch|catch|do|case|using|lock|fixed|try|with|await|yield|delete|goto|sizeof|typedef|assert|' +
  'synchronized(?=\\s{0,4}\\())\\b)';
const PARAMETERS = '\\s{0,2}\\([^;]{0,500}';
/** Of a function whose body begins in its line, behind its parameters; behind those of a call stands an arrow. */
const BODY = '\\)(?![^)]{0,200}[-=]>)[^;{)]{0,200}\\{$';
/** A type or modifier and the space behind it. Asterisks before a name end it, so that there is one way to read a line. */
const TYPE = '[\\p{L}_](?:[\\p{L}\\p{N}_.:<>,?\\[\\]]|[&*](?![\\p{L}_~])){0,100}[ *&]{1,4}';
/** `Type name(parameters) {`, over what a line may hold of it; never a call, which ends in `;` or has no type. */
const TYPED_FUNCTION = new RegExp(
  `^${STATEMENTS}${MODIFIERS}(?:<[^<>]{0,100}> )?(?:${TYPE}){1,4}(~?[\\p{L}_][\\p{L}\\p{N}_:~]{0,200})${PARAMETERS}$`,
  'u',
);
/** `Name(parameters) {`. */
const CONSTRUCTOR = new RegExp(`^${STATEMENTS}(~?[\\p{L}_][\\p{L}\\p{N}_:~]{0,200})${PARAMETERS}${BODY}`, 'u');
/** `Name::Name(parameters)`, over what a line may hold of it. */
const MEMBER = new RegExp(`^([\\p{L}_][\\p{L}\\p{N}_]{0,200}::[\\p{L}\\p{N}_:~]{0,200})${PARAMETERS}$`, 'u');
/** The same where the type stands in the line above. */
const NAME_ALONE = new RegExp(`^${STATEMENTS}([\\p{L}_][\\p{L}\\p{N}_]{0,200})${PARAMETERS}$`, 'u');
const SCRIPT_FUNCTION = new RegExp(
  `^${MODIFIERS}(?:let |var )?([\\p{L}_$][\\p{L}\\p{N}_$]{0,200})(?:: [^=]{0,200})? = (?:async )?(?:function\\b|\\([^()]{0,300}\\)(?:: [^=]{0,100})? =>|[\\p{L}_$][\\p{L}\\p{N}_$]{0,100} =>)`,
  'u',
);
const SCRIPT_METHOD = new RegExp(
  `^(?!(?:if|for|while|switch|catch|return|function|with|do|else|await|super)\\b|.{0,500}\\bfunction\\b)${MODIFIERS}(?:get |set |\\*)?(#?[\\p{L}_$][\\p{L}\\p{N}_$]{0,200})(?:<[^<>]{0,100}>)?\\([^;]{0,500}${BODY}`,
  'u',
);

/** The languages whose files are cut by what they declare; the first that has a file's ending. */
export const LANGUAGES: readonly Language[] = [
  {
    extensions: ['ts', 'tsx', 'mts', 'cts', 'js', 'jsx', 'mjs', 'cjs', 'vue', 'svelte'],
    declarations: [declared('class|interface|enum|namespace|module|function|type'), SCRIPT_FUNCTION, SCRIPT_METHOD],
    holds: 'comments',
  },
  {
    extensions: ['py', 'pyi', 'pyw'],
    declarations: [/^((?:class|(?:async )?def) {1,4}[\p{L}_][\p{L}\p{N}_]{0,200})/u],
    holds: 'strings',
  },
  {
    extensions: ['java', 'cs', 'dart'],
    declarations: [
      declared('class|interface|enum|record|struct|extension|namespace|@interface|mixin'),
      TYPED_FUNCTION,
      CONSTRUCTOR,
    ],
    holds: 'comments',
  },
  {
    // Their calls end in nothing.
    extensions: ['kt', 'kts', 'scala', 'swift'],
    declarations: [
      /^(?:[a-z]{2,12}(?:\([^()]{0,40}\))? ){0,8}((?:fun|func|def) (?:<[^<>]{0,100}> )?[\p{L}_`][\p{L}\p{N}_.?`]{0,200})/u,
      declared('class|interface|enum|struct|trait|object|protocol|extension|actor'),
    ],
    holds: 'comments',
  },
  {
    extensions: ['groovy'],
    declarations: [
      declared('class|interface|enum|trait|@interface'),
      /^((?:static )?def {1,4}[\p{L}_][\p{L}\p{N}_]{0,200})\s{0,2}\(/u,
      new RegExp(`${TYPED_FUNCTION.source.slice(0, -1)}${BODY}`, 'u'),
    ],
    holds: 'comments',
  },
  {
    extensions: ['c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'hh', 'hxx', 'cu', 'm', 'mm'],
    declarations: [declared('class|struct|union|enum class|enum|namespace'), TYPED_FUNCTION, MEMBER, CONSTRUCTOR],
    atMargin: [NAME_ALONE],
    holds: 'comments',
  },
  {
    extensions: ['go'],
    declarations: [
      /^(func (?:\([^()]{0,100}\) )?[\p{L}_][\p{L}\p{N}_]{0,200})/u,
      /^(type [\p{L}_][\p{L}\p{N}_]{0,200})/u,
    ],
    holds: 'comments',
  },
  {
    extensions: ['rs'],
    declarations: [
      declared('(?:unsafe |async |const ){0,3}fn|struct|enum|trait|mod|union|type|macro_rules!'),
      /^((?:unsafe )?impl\b[^{;]{0,200})/u,
    ],
    holds: 'comments',
  },
  {
    extensions: ['rb', 'rake'],
    declarations: [/^((?:class|module|def) {1,4}[\p{L}_][\p{L}\p{N}_.:?!=]{0,200})/u],
  },
  { extensions: ['php'], declarations: [declared('class|interface|trait|enum|function')], holds: 'comments' },
  { extensions: ['lua'], declarations: [/^((?:local )?function [\p{L}_][\p{L}\p{N}_.:]{0,200})/u] },
  {
    extensions: ['sh', 'bash', 'zsh'],
    declarations: [/^((?:function )?[\w-]{1,200}) ?\(\) ?\{?/u, /^(function [\w-]{1,200})/u],
  },
  { extensions: ['pl', 'pm'], declarations: [/^((?:sub|package) [\w:]{1,200})/u] },
  { extensions: ['ex', 'exs'], declarations: [/^((?:defmodule|defp?|defmacrop?) [\w.?!]{1,200})/u], holds: 'strings' },
  { extensions: ['r'], declarations: [/^([\w.]{1,200}) (?:<-|=) function\b/u] },
  {
    extensions: ['sql'],
    declarations: [
      /^(create (?:or replace )?(?:temp(?:orary)? |unique |materialized )?(?:table|view|function|procedure|trigger|index|type)(?: if not exists)? [\w."`[\]]{1,200})/iu,
    ],
    holds: 'comments',
  },
];
