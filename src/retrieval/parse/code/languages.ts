/** Patterns for the beginnings of a language's named declarations. Each is tried on one line without its indentation; its first group is the name. */
export interface Language {
  readonly extensions: readonly string[];
  readonly declarations: readonly RegExp[];
  /** Patterns for lines without indentation only. */
  readonly atMargin?: readonly RegExp[];
  /** Kind of multi-line text in which nothing is declared: comments as in C, or strings in triple quotes. */
  readonly holds?: 'comments' | 'strings';
}

/** Modifiers before a declaration, in any order. */
const MODIFIERS =
  '(?:(?:public|private|protected|internal|static|final|abstract|sealed|override|virtual|async|export|default|declare|open|data|inline|' +
  'suspend|partial|readonly|unsafe|extern|const|pub(?:\\([^()]{0,40}\\))?|fileprivate|mutating|lazy|case|implicit|native|synchronized|strictfp) ){0,8}';
const declared = (words: string): RegExp =>
  new RegExp(`^${MODIFIERS}((?:${words})\\*? {1,4}[\\p{L}_$][\\p{L}\\p{N}_$.:?!=]{0,200})`, 'u');
/** Excludes lines that begin with a keyword of a statement, where a declaration has a type or a name. */
const STATEMENTS =
  '(?!(?:return|else|new|throw|if|for|foreach|while|switch|catch|do|case|using|lock|fixed|try|with|await|yield|delete|goto|sizeof|typedef|assert|' +
  'synchronized(?=\\s{0,4}\\())\\b)';
const PARAMETERS = '\\s{0,2}\\([^;]{0,500}';
/** The end of a line in which the body of a function begins, after its parameters. After the parameters of a callback follows an arrow. */
const BODY = '\\)(?![^)]{0,200}[-=]>)[^;{)]{0,200}\\{$';
/** A type or modifier and the space after it. It ends at asterisks before a name, so that a line matches in only one way. */
const TYPE = '[\\p{L}_](?:[\\p{L}\\p{N}_.:<>,?\\[\\]]|[&*](?![\\p{L}_~])){0,100}[ *&]{1,4}';
/** `Type name(parameters) {`, where the line may end at any point after the bracket; never a call, because a call ends in `;` or has no type. */
const TYPED_FUNCTION = new RegExp(
  `^${STATEMENTS}${MODIFIERS}(?:<[^<>]{0,100}> )?(?:${TYPE}){1,4}(~?[\\p{L}_][\\p{L}\\p{N}_:~]{0,200})${PARAMETERS}$`,
  'u',
);
/** `Name(parameters) {`. */
const CONSTRUCTOR = new RegExp(`^${STATEMENTS}(~?[\\p{L}_][\\p{L}\\p{N}_:~]{0,200})${PARAMETERS}${BODY}`, 'u');
/** `Name::Name(parameters)`, where the line may end at any point after the bracket. */
const MEMBER = new RegExp(`^([\\p{L}_][\\p{L}\\p{N}_]{0,200}::[\\p{L}\\p{N}_:~]{0,200})${PARAMETERS}$`, 'u');
/** A function whose type is in the line above. */
const NAME_ALONE = new RegExp(`^${STATEMENTS}([\\p{L}_][\\p{L}\\p{N}_]{0,200})${PARAMETERS}$`, 'u');
const SCRIPT_FUNCTION = new RegExp(
  `^${MODIFIERS}(?:let |var )?([\\p{L}_$][\\p{L}\\p{N}_$]{0,200})(?:: [^=]{0,200})? = (?:async )?(?:function\\b|\\([^()]{0,300}\\)(?:: [^=]{0,100})? =>|[\\p{L}_$][\\p{L}\\p{N}_$]{0,100} =>)`,
  'u',
);
const SCRIPT_METHOD = new RegExp(
  `^(?!(?:if|for|while|switch|catch|return|function|with|do|else|await|super)\\b|.{0,500}\\bfunction\\b)${MODIFIERS}(?:get |set |\\*)?(#?[\\p{L}_$][\\p{L}\\p{N}_$]{0,200})(?:<[^<>]{0,100}>)?\\([^;]{0,500}${BODY}`,
  'u',
);

/** Languages whose files are cut at declarations. The first entry with the file's extension applies. */
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
    // Calls in these languages do not end in `;`.
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
