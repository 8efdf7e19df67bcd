"""The words of the demo school: names, classes, prices and what a school spends money on."""

GIRLS = (
    "Abena Adwoa Afia Afua Akosua Akua Ama Araba Efua Ekua Esi Yaa Serwaa Maame Nana Naa Dede Korkor Lamiley Atswei "
    "Abla Afi Akpene Dzifa Edem Elikem Enyonam Esenam Mawuse Sena Selase Yayra Ayisha Fatima Hawa Mariama Memuna Rahma "
    "Salma Zeinab Grace Mercy Comfort Patience Priscilla Gifty Vida Joyce Beatrice Gloria Linda Sandra Portia Rita"
).split()
BOYS = (
    "Kwadwo Kwabena Kwaku Yaw Kofi Kwame Kwasi Kojo Kobina Kweku Ekow Fiifi Ebo Paa Nii Tetteh Tei Okai Ashitey Kpakpo "
    "Senyo Selorm Edem Elorm Kafui Mawuli Dela Etse Kwami Yao Abdul Alhassan Baba Fuseini Hamza Ibrahim Iddrisu Issah "
    "Mustapha Yakubu Emmanuel Samuel Daniel Joseph Michael Prince Bright Felix Isaac Richard Stephen Eric Francis"
).split()
SURNAMES = (
    "Mensah Owusu Boateng Asante Appiah Osei Addo Agyeman Amoah Ansah Antwi Arthur Asamoah Badu Bonsu Darko Donkor "
    "Frimpong Gyamfi Kusi Nkrumah Ofori Opoku Oppong Sarpong Tawiah Yeboah Acheampong Adjei Aidoo Amponsah Ankomah "
    "Baidoo Quaye Lamptey Odartey Okine Tagoe Nartey Tetteh Ayitey Laryea Agbeko Amegashie Dogbe Fiagbe Kpodo Gbeho "
    "Agbenyega Tsikata Abubakari Alhassan Fuseini Iddrisu Mahama Yakubu Zakari Sulemana Ampofo Awuah Danso Essien"
).split()
KIN = (("Mother", "F"), ("Father", "M"), ("Aunt", "F"), ("Uncle", "M"), ("Grandmother", "F"))
PHONES = ("024", "054", "055", "059", "020", "050", "027", "057", "026")
STREETS = (
    "Palm Street", "Market Road", "Station Road", "Mango Lane", "Chapel Hill", "New Town", "Zongo Junction",
    "Nim Tree Avenue", "Lorry Park", "Riverside", "Hospital Road",
)  # fmt: skip

SCHOOL = "Nyansapo Basic School"
CLASSES = (
    "KG 1", "KG 2", "Basic 1", "Basic 2", "Basic 3", "Basic 4", "Basic 5", "Basic 6", "JHS 1", "JHS 2", "JHS 3",
)  # fmt: skip
LAST_LEVEL = len(CLASSES)
SUBJECTS = ("Mathematics", "English", "Science", "Social Studies", "ICT", "French")

# Per term in whole cedis: kindergarten, lower primary, upper primary, junior high.
PRICES = {
    "Tuition": (300, 340, 380, 440),
    "Feeding": (210, 220, 230, 240),
    "Transport": (160, 160, 170, 170),
    "PTA levy": (20, 20, 20, 20),
    "Books": (90, 80, 80, 100),
    "Examination fee": (0, 0, 0, 120),
}
OWN_CATEGORY = {"Feeding": "Feeding fees", "Transport": "Transport fees"}
PRICE_RISE = 1.07
"""Prices of a year over those of the year before."""

EXPENSES = (
    # category, description, amount in cedis for a school of 400, days between, method
    ("Salaries", "Salaries of the month", 41_500, 30, "bank"),
    ("Feeding supplies", "Rice, beans and fish for the kitchen", 5_900, 7, "cash"),
    ("Fuel and transport", "Diesel for the two buses", 1_450, 7, "momo"),
    ("Utilities", "Electricity", 1_850, 30, "momo"),
    ("Utilities", "Water", 620, 30, "momo"),
    ("Utilities", "Internet bundle", 380, 30, "momo"),
    ("Teaching materials", "Chalk, markers and paper", 740, 21, "cash"),
    ("Maintenance", "Repairs of furniture and roof", 1_900, 45, "cash"),
    ("Cleaning", "Soap and disinfectant", 430, 14, "cash"),
    ("Bank charges", "Account charges", 85, 30, "bank"),
)
OTHER_INCOME = (
    ("Canteen", "Rent of the canteen stall", 900, 30, "momo"),
    ("Uniforms", "Uniforms and sports wear sold", 2_300, 60, "cash"),
    ("Donations", "Gift of the old students’ union", 5_000, 160, "bank"),
    ("Hall hire", "Assembly hall hired out", 650, 40, "cash"),
)
PAYING = (("momo", 46), ("cash", 34), ("bank", 11), ("card", 5), ("cheque", 4))
PASSWORD_WORDS = (
    "mango palm river drum lantern cocoa market harbour kente savanna thunder basket pepper ginger canoe baobab parrot "
    "antelope coral granite copper amber saffron cedar velvet orchid falcon walnut marble meadow ladder compass"
).split()


def price(kind: str, level: int, rises: int) -> int:
    """The price of a kind of fee for a level, in minor units, after `rises` years of rising, to the next five cedis."""
    group = 0 if level <= 2 else 1 if level <= 5 else 2 if level <= 8 else 3
    return round(PRICES[kind][group] * PRICE_RISE**rises / 5) * 500
