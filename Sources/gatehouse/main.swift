// SPDX-License-Identifier: Apache-2.0

import GatewayApp
import Glibc

exit(runGatehouse(arguments: CommandLine.arguments.dropFirst().map { Array($0.utf8) }))
