/**
 * What the npm scripts go through: makes this checkout ready to run, then runs the command.
 * No static import and no recent syntax, so that an old Node still gets as far as the sentence below.
 */
const MIN_NODE = 20;

if (Number(process.versions.node.split('.')[0]) < MIN_NODE) {
  console.error(`roomcast needs Node.js ${MIN_NODE} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
import('./setup/commands.mjs')
  .then((commands) => commands.runCommand(process.argv[2], process.argv.slice(3)))
  .catch(async (error) => {
    const { fileProblem } = await import('./setup/file-problem.mjs');
    console.error(fileProblem(error) || (error.expected ? error.message : error));
    process.exit(1);
  });
