"""What invented children are called, and where they live: common forenames, surnames and streets of nowhere.

Nobody real: the surnames are made up, the postcode area NM is not in use, telephone numbers are from
the ranges that Ofcom keeps free for drama, and mail goes to example.org.
"""

FORENAMES = (
    "Aaliyah", "Adaeze", "Aidan", "Amélie", "Amy", "Ana-Maria", "Andrés", "Anaïs", "Aoife", "Arjun", "Ben", "Björn",
    "Bronagh", "Caitlín", "Callum", "Charlotte", "Chiamaka", "Chloé", "Daniel", "D'Arcy", "Dafydd", "Ella", "Émile",
    "Ewa", "Fatima", "Ffion", "Freya", "George", "Grace", "Hamza", "Hannah", "Hugo", "Ibrahim", "Inès", "Isla",
    "Jakub", "Jamal", "Jean-Luc", "José", "Kai", "Lara", "Leo", "Lottie May", "Lucía", "Łukasz", "Mary-Kate", "Maya",
    "Mehmet", "Niamh", "Noor", "Oğuz", "Olivia", "Priya", "Renée", "Róisín", "Sam", "Seán", "Shu-Fen", "Siân",
    "Sofía", "Tariq", "Te'Quan", "Thi Mai", "Tomáš", "Yusuf", "Zahra", "Zoë", "Zuzanna",
)  # fmt: skip
SURNAMES = (
    "Abernook", "Adeyobi", "Ashgrovely", "Bannerdale", "Brackenmoor", "Brontwell", "Çelikdere", "Chanfold", "Clewbrook",
    "Dábrowen", "Dalewick", "D'Ambroz", "de la Marrow", "Dunnockby", "Eastermead", "Ekwunife-Ward", "Fairnhough",
    "Fernhill-Pike", "Fjærholt", "Gårdwick", "Garsidel", "Hallowby", "Haqueri", "Harkness-Bly", "Iveldon", "Jasperly",
    "Kalinovar", "Kestrelby", "Khanamiri", "Larkhollow", "Lindqvale", "Lourençal", "Mac Ruaraig", "Marshwiggan",
    "McTarn", "Müllerby", "Ní Shorcha", "Nettlecombe", "Nuñezar", "Nwachukwell", "O'Breakwater", "O'Larkey",
    "Oxenthorpe", "Patelwick", "Penhallurow", "Pickersgate", "Quillfeather", "Rahmanby", "Ravensdale-Oye",
    "Šarkovec", "Singhwold", "St. Orrin", "Tarnbeck", "Thistlemere", "Tŷ-Gwynne", "Umbrell", "van der Holm",
    "Vãoquez", "Wexcombe", "Whinfelling", "Yarrowby", "Żelazny-Moor",
)  # fmt: skip
STREETS = (
    "Alderney Row", "Bishop's Piece", "Canal Bank", "Cuckoo Pen Lane", "Dovehouse Street", "East Quarry Road",
    "Ferrymead Gardens", "Gasworks Lane", "Heron Wharf", "Icehouse Lane", "Juniper Bank", "King's Orchard",
    "Larkmead Road", "Mill Race", "Northmere Parade", "Old Ropewalk", "Pightle Close", "Quarter Mile Road",
    "Ropemaker's Yard", "St. Osyth's Terrace", "Tannery Rise", "Upper Sluice", "Viaduct Street", "Weir Cottages",
)  # fmt: skip
STREET_OF_THE_CAST = "Harbour Light Close"
"""Nobody else lives here, so that a hold on an address meets the household it is meant for."""
SCHOOLS = (
    "Northmere High School", "St. Brannoc's Catholic School", "The Weir Academy", "Larkmead School",
    "Quarter Mile College", "Heron Wharf School", "Tannery Rise Sixth Form", "Alderney Row School",
)  # fmt: skip
TOWN, COUNTY = "Northmere", "Mereshire"
