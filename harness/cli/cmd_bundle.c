#include "bundle.h"
#include "cli.h"

int cmd_bundle(cli *c, int argc, char **argv)
{
    const char *dir = NULL, *out = NULL, *license = NULL;
    const cli_option options[] = {
        {"--out", "-o", "FILE", "the archive (default: NAME.tar.gz here)", CLI_TEXT, &out},
        {"--license", NULL, "URL", "the licence under which the results are passed on", CLI_TEXT, &license},
        {0},
    };
    const int code = cli_parse(c, "bundle", options, argc, argv, &dir, 1, 1);
    if (code >= 0) return code;
    sb_bundle b = {0};
    const sb_status st = sb_bundle_write(dir, out, license, &c->cx, &b);
    if (st != SB_OK) return cli_fail(c, st);
    (void)printf("%s\n", b.path);
    if (!c->quiet)
        (void)fprintf(stderr, "%zu files, %.1f MB; there: tar xzf, cd %s, sha256sum -c SHA256SUMS, selbench verify .\n",
                      b.files, b.bytes / 1e6, b.name);
    return CLI_OK;
}
