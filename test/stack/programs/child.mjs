// A supervised process. Arguments: the compiled sources, and what to do.
import { spawn } from 'node:child_process';

const [, , sources, behaviour, detail] = process.argv;
const { exitWhenParentDies, onStopRequest, reportFatal, reportReady } = await import(
  `${sources}/workers/stack/supervisor-link.js`
);

if (behaviour !== 'ignores-parent') exitWhenParentDies();
setInterval(() => {}, 1_000);

switch (behaviour) {
  case 'works':
  case 'ignores-parent':
    onStopRequest(() => {
      process.stdout.write('stopping\n');
      process.exit(0);
    });
    reportReady({ answer: 42 });
    break;
  case 'crashes':
    process.stderr.write('cannot find the thing\n');
    process.exit(7);
    break;
  case 'fatal':
    await reportFatal('Model "x" is not there.');
    process.exit(1);
    break;
  case 'hangs':
    break;
  case 'stubborn':
    process.on('SIGTERM', () => {});
    reportReady();
    break;
  case 'with-grandchild': {
    const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    reportReady({ grandchild: grandchild.pid });
    break;
  }
  case 'dies-once-ready':
    reportReady();
    setTimeout(() => process.exit(3), Number(detail));
    break;
  default:
    throw new Error(`no behaviour ${behaviour}`);
}
