#ifndef SB_CLI_DESCRIBE_FILE_H
#define SB_CLI_DESCRIBE_FILE_H

#include "cli.h"

/* Describes the file at `path`: an array in any format that readers know, or a config. false: there is no such file;
 * *st is set otherwise. */
bool cli_describe_file(cli *c, const char *path, sb_status *st);

#endif
