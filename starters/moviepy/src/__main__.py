"""Join scenes of a film: `python -m` and the package's name."""

import argparse
from typing import NoReturn

from .editing import join_scenes
from .files import VideoError, open_video, write_video


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def main() -> None:
    """Run the command line. Exit with one line on stderr if something is wrong."""
    parser = Parser(__package__, description="Join scenes of a film.")
    parser.add_argument("film", metavar="FILM", help="the video file to read")
    parser.add_argument("output", metavar="OUT", help="file to write, such as out.mp4")
    parser.add_argument(
        "--scene",
        dest="scenes",
        nargs=2,
        type=float,
        action="append",
        required=True,
        metavar=("START", "END"),
        help="in seconds (repeat it for more scenes)",
    )
    parser.add_argument("--codec", help="ffmpeg's name of it, such as libx265")
    parser.add_argument("--preset", default="medium", help="ultrafast to veryslow")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    arguments = parser.parse_args()
    try:
        with open_video(arguments.film) as film:
            write_video(
                join_scenes(film, arguments.scenes),
                arguments.output,
                codec=arguments.codec,
                preset=arguments.preset,
                logger=None if arguments.quiet else "bar",
            )
    except VideoError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


main()
