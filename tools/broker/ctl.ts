import { join } from 'node:path';
import { BrokerError, type BrokerHandle } from './broker.ts';
import { nodeEnvironment } from './node-files.ts';
import { runCommand, type CommandResult } from './processes.ts';

const CTL_MS = 60_000;

/** Runs rabbitmqctl on the broker of a handle, from any process; resolves to what it prints. */
export async function runCtl(handle: BrokerHandle, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(handle, args);
  if (code === 0) return stdout;
  throw new BrokerError(
    `rabbitmqctl ${args.join(' ')} failed (${code ?? 'no exit code'}): ${stderr.trim() || stdout.trim()}`,
  );
}

function run(handle: BrokerHandle, args: readonly string[]): Promise<CommandResult> {
  switch (handle.kind) {
    case 'docker':
      return runCommand('docker', ['exec', handle.container, 'rabbitmqctl', ...args], { timeoutMs: CTL_MS });
    case 'local':
      return runCommand(join(handle.scripts, 'rabbitmqctl'), args, {
        timeoutMs: CTL_MS,
        env: nodeEnvironment(handle),
      });
    case 'given':
      throw new BrokerError('rabbitmqctl cannot be run on a broker that AMQP_URL names: it is not ours.');
  }
}
