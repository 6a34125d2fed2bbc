"""Pictures: how fields, plots and pages look in every report.

`read_pictures` reads fields as thumbnails, `composite` colours them, `draw_picture` puts them into a figure;
`html_page.render` fills a page, and `style` has the plots' colours and fonts.
"""

from cellocate.pictures.colours import STAINS, composite, data_uri, grey, light, stretched
from cellocate.pictures.field_picture import draw_picture, write_caption
from cellocate.pictures.figures import save_figure, save_figure_as
from cellocate.pictures.thumbnails import Bar, Picture, bar_of, read_pictures

__all__ = [
    "STAINS",
    "Bar",
    "Picture",
    "bar_of",
    "composite",
    "data_uri",
    "draw_picture",
    "grey",
    "light",
    "read_pictures",
    "save_figure",
    "save_figure_as",
    "stretched",
    "write_caption",
]
