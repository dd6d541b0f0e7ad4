import { describe, expect, it } from 'vitest';
import { parseCode } from './parse-code.js';

const outline = (name: string, source: string) =>
  parseCode(source, { name }).headings.map(({ level, text }) => `${level} ${text}`);

describe('parseCode', () => {
  it('leaves the file as it is', () => {
    const source = 'import x\n\n\n# Adds.\ndef add(a, b):\n\treturn a + b   \n';
    const { text, headings } = parseCode(source, { name: 'a.py' });
    expect(text).toBe(source);
    expect(headings).toEqual([{ level: 1, text: 'def add', offset: source.indexOf('# Adds') }]);
  });

  it.each([
    [
      'x.ts',
      '/** A. */\nexport class Ship<T> {\n  private name = 1;\n\n  /**\n   * Sails.\n   */\n  async sail(to: string): Promise<void> {\n    if (to) {\n      go(to);\n    }\n    for (const x of y) {\n    }\n  }\n}\n\nexport const dock = async (a: number): Promise<void> => {\n};\nexport function* walk() {}\ninterface Port { depth: number }\n',
      ['1 class Ship', '2 sail', '1 dock', '1 function* walk', '1 interface Port'],
    ],
    [
      'x.py',
      'class Ship:\n    """Doc."""\n    @property\n    def name(self):\n        def inner():\n            pass\n\nasync def main():\n    class_ = 1\n',
      ['1 class Ship', '2 def name', '3 def inner', '1 async def main'],
    ],
    [
      'Ship.java',
      'package a;\npublic final class Ship extends Boat {\n  @Override\n  public String toString() {\n    return format(name);\n  }\n  private static <T> List<T> all(Map<String, T> map) {\n    call(x);\n    new Thread(() -> {\n    });\n  }\n}\n',
      ['1 class Ship', '2 toString', '2 all'],
    ],
    [
      'x.go',
      'package main\n\n// Ship sails.\ntype Ship struct {\n}\n\nfunc (s *Ship) Sail(to string) error {\n\treturn nil\n}\nfunc main() {\n}\n',
      ['1 type Ship', '1 func (s *Ship) Sail', '1 func main'],
    ],
    [
      'x.rs',
      'pub struct Ship;\nimpl Sail for Ship {\n    pub(crate) async fn sail(&self) -> u8 {\n        1\n    }\n}\n',
      ['1 struct Ship', '1 impl Sail for Ship', '2 fn sail'],
    ],
    [
      'x.cpp',
      '#include <x>\nnamespace port {\nclass Ship {\n  int depth() const;\n};\n}\nint port::Ship::depth() const {\n  return sail(1);\n}\nstatic void *make(int a,\n                  int b) {\n  while (x(1)) {\n  }\n}\n',
      ['1 namespace port', '1 class Ship', '1 port::Ship::depth', '1 make'],
    ],
    [
      'x.rb',
      'module A\n  class B\n    def self.c?(x)\n    end\n  end\nend\n',
      ['1 module A', '2 class B', '3 def self.c'],
    ],
    [
      'x.cs',
      'namespace A\n{\n    public class B\n    {\n        public async Task<int> C(int a)\n        {\n        }\n    }\n}\n',
      ['1 namespace A', '2 class B', '3 C'],
    ],
    ['x.sh', 'set -e\nbuild() {\n  echo "x()"\n}\nfunction clean {\n}\n', ['1 build', '1 function clean']],
    ['x.sql', 'SELECT 1;\nCREATE TABLE IF NOT EXISTS ships (\n  id int\n);\n', ['1 CREATE TABLE IF NOT EXISTS ships']],
    ['x.kt', 'data class Ship(val name: String)\nsuspend fun sail(to: String) {\n}\n', ['1 class Ship', '1 fun sail']],
    [
      'x.php',
      '<?php\nfinal class Ship {\n  public function sail($to) {\n  }\n}\n',
      ['1 class Ship', '2 function sail'],
    ],
  ])('outlines %s', (name, source, expected) => {
    expect(outline(name, source)).toEqual(expected);
  });

  it.each([
    [
      'x.kt',
      'operator fun Ship.plus(a: Int) {\n  println("sails")\n  run(2) {\n    go(3)\n  }\n}\n',
      ['1 fun Ship.plus'],
    ],
    ['x.swift', 'class func sail<T>(to: T) {\n  print("sails")\n  move(to)\n}\n', ['1 func sail']],
    [
      'x.scala',
      'object Port {\n  implicit def sail(to: String) = {\n    println(to)\n  }\n}\n',
      ['1 object Port', '2 def sail'],
    ],
    [
      'Jenkinsfile.groovy',
      'def ship = make(1)\nvoid sail(String to) {\n  echo(to)\n}\ndef dock(a) {\n}\n',
      ['1 sail', '1 def dock'],
    ],
    [
      'ShipTest.java',
      'class ShipTest {\n  ShipTest(int a) {\n  }\n  void sails() {\n    assertThat(ship)\n        .isNotNull();\n    log(a,\n        b);\n    assertThrows(X.class, () -> {\n    });\n    synchronized (this) {\n    }\n  }\n}\n',
      ['1 class ShipTest', '2 ShipTest', '2 sails'],
    ],
    [
      'x.cs',
      'class A\n{\n  void B()\n  {\n    foreach (var x in y) {\n      Log(x,\n        y);\n    }\n  }\n}\n',
      ['1 class A', '2 B'],
    ],
    [
      'x.c',
      'static int\nsail (const char *to)\n{\n  printf ("%s",\n          to);\n}\nShip::Ship(int a)\n  : Boat(a) {\n}\n',
      ['1 sail', '1 Ship::Ship'],
    ],
    [
      'x.tsx',
      'function Ship() {\n  useEffect(() => {\n  });\n  setTimeout(function () {\n  }, 1);\n  on(a, async (x) => {\n  });\n}\n',
      ['1 function Ship'],
    ],
  ])('takes no call for a function: %s', (name, source, expected) => {
    expect(outline(name, source)).toEqual(expected);
  });

  it.each([
    [
      'x.py',
      '"""Ships.\n\nclass of boats\n"""\nQUERY = \'\'\'\ndef no():\n\'\'\'\ndef sail():  # """\n    """def\n    def no2():\n    """\n',
      ['1 def sail'],
    ],
    ['y.py', 'a = "\\"\\"\\"" + \'"""\'\ndef sail():\n    x = """one line"""\n', ['1 def sail']],
    ['z.py', 'def sail():\n    """never closed\n\ndef dock():\n', ['1 def sail', '1 def dock']],
    [
      'x.ex',
      'defmodule Ship do\n  @doc """\n  def no(a)\n  """\n  def sail(to) do\n  end\nend\n',
      ['1 defmodule Ship', '2 def sail'],
    ],
    ['x.sh', 'case "$1" in\n  /*) echo absolute ;;\nesac\nsail() {\n}\n', ['1 sail']],
    ['x.rb', 'LIST = <<~END\n  /*.log\nEND\ndef sail\nend\n', ['1 def sail']],
    ['x.pl', 'my $a = q{\n/*\n};\nsub sail {\n}\n', ['1 sub sail']],
  ])('knows the comments and strings of each language: %s', (name, source, expected) => {
    expect(outline(name, source)).toEqual(expected);
  });

  it('takes what is said of a class for no part of its first method', () => {
    const source = 'class Ship:\n    """Sails."""\n    def sail(self):\n        pass\n';
    expect(parseCode(source, { name: 'x.py' }).headings[1]?.offset).toBe(source.indexOf('    def'));
  });

  it.each([
    ['a line', `const a = ${'(x'.repeat(100_000)}`],
    ['lines', 'public static a b c d e f g h i j k l m n o p (\n'.repeat(4_000)],
    ['modifiers', `${'public '.repeat(60)}\n`.repeat(1_000)],
    ['types', `${'a<b>, '.repeat(80)}\n`.repeat(1_000)],
    ['asterisks', `${'a*'.repeat(245)}\n`.repeat(100)],
    ['ampersands', `${'a&b '.repeat(120)}\n`.repeat(1_000)],
    ['brackets', `${'a('.repeat(120)}${')'.repeat(240)} {\n`.repeat(1_000)],
    ['strings', '"""\n\'\'\' \'\n"\n'.repeat(20_000)],
    ['comments', '/*\n'.repeat(50_000)],
    [
      'indentation',
      Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth % 400)}def f${depth}():`).join('\n'),
    ],
  ])('takes time in proportion to %s', (_, source) => {
    const started = performance.now();
    for (const name of ['x.ts', 'x.java', 'x.py']) outline(name, source);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
